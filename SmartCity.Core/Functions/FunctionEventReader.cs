using System.Globalization;
using System.Text.Json;
using Npgsql;
using SmartCity.Bricks;
using SmartCity.Contracts;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Privacy;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Functions;

/// <summary>What happened, by its id, as the API gives it at the moment. What has been erased is not there, nor are sightings of restricted plates.</summary>
internal sealed class FunctionEventReader(NpgsqlDataSource dataSource, SightingQueries sightings, Restrictions restrictions)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new UtcMillisecondsConverter() } };

    public async Task<Dictionary<long, CloudEvent<JsonElement>>> ReadAsync(IReadOnlyList<FunctionEvent> events, CancellationToken cancellationToken)
    {
        var found = new Dictionary<long, CloudEvent<JsonElement>>();
        foreach (var kind in events.GroupBy(e => e.Event, StringComparer.Ordinal))
        {
            var read = kind.Key switch
            {
                CityEvents.AlertRaised => await AlertsAsync(Ids(kind), cancellationToken),
                CityEvents.SightingStored => await SightingsAsync([.. kind], cancellationToken),
                CityEvents.ModelReleased => await ModelsAsync([.. kind.Select(e => e.Subject)], cancellationToken),
                _ => await ChargesAsync(Ids(kind), cancellationToken),
            };
            foreach (var e in kind)
            {
                if (read.TryGetValue(e.Subject, out var of))
                {
                    found[e.Id] = of with { Id = Id(e), Type = e.Event, Time = e.At };
                }
            }
        }

        return found;
    }

    // A sighting is stored once in each revision, and a version may be released again after it was taken back.
    private static string Id(FunctionEvent e) => e.Event switch
    {
        CityEvents.SightingStored => string.Create(CultureInfo.InvariantCulture, $"{e.Subject}/{e.Revision}"),
        CityEvents.ModelReleased => string.Create(CultureInfo.InvariantCulture, $"{e.Subject}/{e.At.ToUnixTimeMilliseconds()}"),
        _ => e.Subject,
    };

    private static Guid[] Ids(IEnumerable<FunctionEvent> events) => [.. events.Select(e => Guid.Parse(e.Subject))];

    private async Task<Dictionary<string, CloudEvent<JsonElement>>> AlertsAsync(Guid[] ids, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(AlertSlice.Select("id = any($1)"));
        command.Parameters.Add(new() { Value = ids });
        return (await command.ReadAllAsync(AlertSlice.Read, cancellationToken)).ToDictionary(a => a.Id.ToString(), a => Event("/core/alerts", a.StationId, a.Plate, a));
    }

    private async Task<Dictionary<string, CloudEvent<JsonElement>>> ChargesAsync(Guid[] ids, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {ChargeEntries.Columns} from charge_entries where id = any($1)");
        command.Parameters.Add(new() { Value = ids });
        return (await command.ReadAllAsync(ChargeEntries.Read, cancellationToken)).ToDictionary(c => c.Id.ToString(), c => Event("/core/charges", c.StationId, c.Plate, c));
    }

    // Whose the vehicle is, and what it owes, is not the camera's to tell.
    private async Task<Dictionary<string, CloudEvent<JsonElement>>> SightingsAsync(List<FunctionEvent> events, CancellationToken cancellationToken)
    {
        var found = await sightings.FindAsync([.. Ids(events).Distinct()], events.Min(e => e.At), events.Max(e => e.At), cancellationToken);
        var restricted = await restrictions.AmongAsync(found.Select(s => s.Plate), cancellationToken);
        found.RemoveAll(s => s.Plate is not null && restricted.Contains(s.Plate));

        // An id may have been given to two sightings; the other is told of by none.
        return found.DistinctBy(s => s.Id).ToDictionary(s => s.Id.ToString(), s => Event("/core/sightings", s.StationId, s.Plate ?? "?" + s.CameraId, s with { Vehicle = null, Charges = [], ChargedBefore = [] }));
    }

    private async Task<Dictionary<string, CloudEvent<JsonElement>>> ModelsAsync(string[] versions, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, kind, number from model_versions where id = any($1)");
        command.Parameters.Add(new() { Value = versions });
        var found = await command.ReadAllAsync(r => (Version: r.GetString(0), Kind: r.GetString(1), Number: r.GetInt32(2)), cancellationToken);
        return found.ToDictionary(m => m.Version, m => Event("/core/models", m.Kind, m.Kind, new { m.Version, m.Kind, m.Number }));
    }

    // Id, type and time are those of the row.
    private static CloudEvent<JsonElement> Event<T>(string source, string? subject, string key, T data) => new()
    {
        Id = "",
        Source = source,
        Type = "",
        Subject = subject,
        Key = key,
        Data = JsonSerializer.SerializeToElement(data, Json),
    };
}
