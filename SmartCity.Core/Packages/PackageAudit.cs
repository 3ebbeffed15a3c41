using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Packages;

/// <summary>The lines of the audit that name something in a package.</summary>
internal static class PackageAudit
{
    public static IReadOnlyList<string> Columns { get; } = ["number", "at", "actor", "action", "subject", "reason", "hash"];

    /// <summary>Oldest first. Lines about the plate alone are not among them: they are about other people's searches.</summary>
    /// <param name="about">The investigation that is packed; null for none. Lines about others, and about other packages, are not among them.</param>
    /// <param name="since">When there was nothing of that yet; null for what the records say.</param>
    public static async Task<List<AuditLine>> OfAsync(NpgsqlDataSource dataSource, PackageRecords records, Guid? about, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        Guid[] ids = [.. records.Charges.Select(c => c.Id), .. records.Disputes.Select(d => d.Id), .. records.Alerts.Select(a => a.Alert.Id), .. records.Sightings.Select(s => s.Id), .. about is { } other ? (Guid[])[other] : []];
        DateTimeOffset[] times = [.. records.Charges.Select(c => c.RecordedAt), .. records.Alerts.Select(a => a.Alert.CapturedAt), .. records.Sightings.Select(s => s.CapturedAt), .. since is { } begun ? (DateTimeOffset[])[begun] : []];

        // What an investigation is called, who leads it and who was given a package is nobody's business whose package is of something else.
        await using var command = dataSource.CreateCommand(
            """
            select number, at, actor, action, subject, reason, encode(hash, 'hex') from audit
            where ids_in(subject) && $1 and at >= $2
              and ((action not like 'investigations.%' and action not like 'packages.%' and strpos(subject, 'investigations/') = 0 and strpos(subject, 'packages/') = 0 and coalesce(reason, '') not like 'Investigation: %')
                   or ids_in(subject) && $3)
            order by number
            """);
        command.Parameters.Add(new() { Value = Array.ConvertAll(ids, id => id.ToString()) });
        command.Parameters.Add(new() { Value = times.Min() });
        command.Parameters.Add(new() { Value = about is { } own ? (string[])[own.ToString()] : [] });
        return await command.ReadAllAsync(r => new AuditLine(r.GetInt64(0), r.Time(1), r.GetString(2), r.GetString(3), r.Text(4), r.Text(5), null, r.GetString(6)), cancellationToken);
    }
}
