using System.Globalization;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Privacy;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Retention;

/// <summary>Removes old pictures, and from the rows that name them their names.</summary>
internal sealed class EvidenceRetention(NpgsqlDataSource dataSource, IObjectStore objects)
{
    /// <param name="settled">Pictures of charges that were beyond challenge before this time go.</param>
    public async Task<Removal> RunAsync(DateTimeOffset before, DateTimeOffset settled, int batchSize, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id from stations union select station_id from station_totals");
        var total = default(Removal);
        foreach (var station in await command.ReadAllAsync(r => r.GetString(0), cancellationToken))
        {
            // Whole days, by UTC: keys are in order of time, so the first that is young ends the station.
            var prefix = $"evidence/{station}/";
            var end = prefix + before.UtcDateTime.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture);
            var batch = new List<ObjectEntry>(batchSize);
            await foreach (var entry in objects.ListAsync(prefix, cancellationToken))
            {
                if (string.CompareOrdinal(entry.Key, end) >= 0)
                {
                    break;
                }

                batch.Add(entry);
                if (batch.Count == batchSize)
                {
                    total += await RemoveAsync(batch, settled, cancellationToken);
                    batch.Clear();
                }
            }

            total += await RemoveAsync(batch, settled, cancellationToken);
        }

        return total;
    }

    private async Task<Removal> RemoveAsync(List<ObjectEntry> entries, DateTimeOffset settled, CancellationToken cancellationToken)
    {
        var pictures = entries.Select(Read).OfType<Picture>().ToList();
        if (pictures.Count == 0)
        {
            return new Removal(0, entries.Count, 0);
        }

        var needed = await NeededAsync([.. pictures.Select(p => p.SightingId).Distinct()], pictures.Min(p => p.Day), pictures.Max(p => p.Day).AddDays(1), settled, cancellationToken);
        var over = pictures.FindAll(p => !needed.Contains(p.SightingId));
        if (over.Count > 0)
        {
            // Names first: when it breaks off here, the next run finds the pictures again.
            await ForgetAsync([.. over.Select(p => p.SightingId).Distinct()], over.Min(p => p.Day), over.Max(p => p.Day).AddDays(1), cancellationToken);
        }

        foreach (var picture in over)
        {
            await objects.DeleteAsync(picture.Object.Key, cancellationToken);
        }

        return new Removal(over.Count, entries.Count - over.Count, over.Sum(p => p.Object.Bytes));
    }

    // evidence/station/yyyy/MM/dd/HH/id.jpg, and id.plate.jpg and id.strip.jpg, which go with it. What has another name is nobody's and stays.
    private static Picture? Read(ObjectEntry entry) =>
        entry.Key.Split('/') is [_, _, var year, var month, var day, _, var file]
            && Guid.TryParse(file.Split('.')[0], out var id)
            && DateTimeOffset.TryParseExact(year + month + day, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new Picture(entry, id, at)
            : null;

    private async Task<HashSet<Guid>> NeededAsync(Guid[] sightings, DateTimeOffset from, DateTimeOffset to, DateTimeOffset settled, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            select sighting_id from charge_entries c where sighting_id = any($1) and kind = 'charge' and not exists (select from charge_entries r where r.reverses = c.id)
                and (c.recorded_at >= $2 or exists (select from charge_disputes d where d.charge_id = c.id and (d.decided_at is null or d.decided_at >= $3)))
            union select sighting_id from alerts where sighting_id = any($1) and state <> 'dismissed'
            union select sighting_id from review_cases where sighting_id = any($1) and state in ('open', 'proposed', 'skipped')
            union select id from sightings where id = any($1) and captured_at >= $4 and captured_at < $5 and ({Restricted.Is("plate")} or {Restricted.Is("read_plate")})
            """);
        command.CommandTimeout = RetentionRules.CommandSeconds;
        command.Parameters.Add(new() { Value = sightings });
        command.Parameters.Add(new() { Value = settled - TimeSpan.FromDays(RetentionRules.ChallengeDays) });
        command.Parameters.Add(new() { Value = settled });
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = to });
        return [.. await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken)];
    }

    // Every row is found by the sighting's id, and the days say in which tables sightings are. A passage shows the picture of one of its sightings.
    private async Task ForgetAsync(Guid[] sightings, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
        {
            Timeout = RetentionRules.CommandSeconds,
            BatchCommands =
            {
                new("update passages p set evidence = null from sightings s where s.id = any($1) and s.captured_at >= $2 and s.captured_at < $3 and p.id = s.passage_id and p.evidence = s.evidence")
                {
                    Parameters = { new() { Value = sightings }, new() { Value = from }, new() { Value = to } },
                },
                new("update sightings set evidence = null where id = any($1) and captured_at >= $2 and captured_at < $3")
                {
                    Parameters = { new() { Value = sightings }, new() { Value = from }, new() { Value = to } },
                },
                new("update alerts set evidence = null where sighting_id = any($1)") { Parameters = { new() { Value = sightings } } },
                new("update review_cases set evidence = null where sighting_id = any($1)") { Parameters = { new() { Value = sightings } } },
                new("delete from sighting_strips where id = any($1)") { Parameters = { new() { Value = sightings } } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Picture(ObjectEntry Object, Guid SightingId, DateTimeOffset Day);
}
