using System.Globalization;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Retention;

/// <summary>Removes old pictures, and from the rows that name them their names.</summary>
internal sealed class EvidenceRetention(NpgsqlDataSource dataSource, IObjectStore objects)
{
    private const string PatchEnd = ".plate.jpg";

    public async Task<Removal> RunAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
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
                    total += await RemoveAsync(batch, cancellationToken);
                    batch.Clear();
                }
            }

            total += await RemoveAsync(batch, cancellationToken);
        }

        return total;
    }

    private async Task<Removal> RemoveAsync(List<ObjectEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return default;
        }

        var names = entries.ConvertAll(e => Name(e.Key)).Distinct().ToArray();
        var needed = await NeededAsync(names, cancellationToken);
        var over = entries.FindAll(e => !needed.Contains(Name(e.Key)));
        foreach (var entry in over)
        {
            await objects.DeleteAsync(entry.Key, cancellationToken);
        }

        await ForgetAsync([.. names.Where(n => !needed.Contains(n))], cancellationToken);
        return new Removal(over.Count, entries.Count - over.Count, over.Sum(e => e.Bytes));
    }

    // A plate's patch goes with its picture.
    private static string Name(string key) => key.EndsWith(PatchEnd, StringComparison.Ordinal) ? key[..^PatchEnd.Length] + ".jpg" : key;

    private async Task<HashSet<string>> NeededAsync(string[] names, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select evidence from charge_entries c where evidence = any($1) and kind = 'charge' and not exists (select from charge_entries r where r.reverses = c.id)
            union select evidence from alerts where evidence = any($1) and state <> 'dismissed'
            union select evidence from review_cases where evidence = any($1) and state = 'open'
            """);
        command.Parameters.Add(new() { Value = names });
        return [.. await command.ReadAllAsync(r => r.GetString(0), cancellationToken)];
    }

    // Ids are in the keys, evidence/station/yyyy/MM/dd/HH/id.jpg, and the days are too: no table is read from end to end.
    private async Task ForgetAsync(string[] names, CancellationToken cancellationToken)
    {
        var days = names.Select(n => n.Split('/')).Where(p => p.Length == 7)
            .Select(p => DateTime.TryParseExact($"{p[2]}{p[3]}{p[4]}", "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var day) ? day : (DateTime?)null)
            .OfType<DateTime>().ToList();
        if (days.Count == 0)
        {
            return;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        foreach (var (table, at) in new[] { ("sightings", "captured_at"), ("passages", "first_at"), ("alerts", "captured_at"), ("review_cases", "captured_at") })
        {
            // A passage may have begun a little before its picture.
            await using var command = new NpgsqlCommand($"update {table} set evidence = null where {at} >= $2 - interval '1 hour' and {at} < $3 and evidence = any($1)", connection)
            {
                Parameters = { new() { Value = names }, new() { Value = new DateTimeOffset(days.Min()) }, new() { Value = new DateTimeOffset(days.Max().AddDays(1)) } },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
