using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Faces;

namespace SmartCity.Core.Faces;

/// <summary>How many people who are not sought a deployment will make somebody ask about.</summary>
internal sealed class FaceEstimates(NpgsqlDataSource dataSource, IOptions<FaceOptions> options, TimeProvider time)
{
    private static readonly TimeSpan LeastMeasured = TimeSpan.FromMinutes(15);

    /// <param name="facesAnHour">As somebody expects; what was measured counts if it is more.</param>
    /// <param name="asOf">Entries that were confirmed later are not looked for; null for now.</param>
    /// <returns>Null if the list is gone, or the descriptor's card has no figure for the threshold.</returns>
    public async Task<FaceEstimate?> OfAsync(Guid? list, double threshold, double facesAnHour, string[] stations, DateTimeOffset? asOf, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select l.descriptor, (select count(*) from face_entries e join face_pictures p on p.entry_id = e.id where e.list_id = l.id and e.confirmed_at <= $2 and e.expires_at > $3) from face_lists l where l.id = $1");
        command.Parameters.Add(new() { Value = list ?? Guid.Empty });
        command.Parameters.Add(new() { Value = asOf ?? time.GetUtcNow() });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        if (await command.ReadAllAsync(r => (Descriptor: r.GetString(0), Pictures: (int)r.GetInt64(1)), cancellationToken) is not [var found]
            || !DescriptorCard.Names.Contains(found.Descriptor) || FalseMatchRate.Of(DescriptorCard.Of(found.Descriptor), threshold) is not var (rate, source))
        {
            return null;
        }

        var measured = await MeasuredAsync(stations, cancellationToken);
        var flow = Math.Max(facesAnHour, measured ?? 0);
        return new FaceEstimate(found.Pictures, rate, source, flow, measured, FaceRules.FalseAlertsAnHour(rate, found.Pictures, flow), options.Value.MostFalseAlertsAnHour);
    }

    // The busiest earlier deployment of each station.
    private async Task<double?> MeasuredAsync(string[] stations, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select sum(most)::double precision from (
                select station_id, max(flow) as most from (
                    select r.station_id, greatest(sum(r.passes), sum(r.comparisons)) * 3600.0 / extract(epoch from least(d.until_at, coalesce(d.revoked_at, d.until_at), $2) - greatest(d.from_at, s.signed_at)) as flow
                    from face_runs r join face_deployments d on d.id = r.deployment_id join face_signatures s on s.deployment_id = d.id and s.place = 2
                    where r.station_id = any($1) and least(d.until_at, coalesce(d.revoked_at, d.until_at), $2) - greatest(d.from_at, s.signed_at) > $3
                    group by r.station_id, d.id, s.signed_at) flows
                group by station_id) stations
            """);
        command.Parameters.Add(new() { Value = stations });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        command.Parameters.Add(new() { Value = LeastMeasured });
        return await command.ExecuteScalarAsync(cancellationToken) is double flow ? flow : null;
    }
}
