using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Charges;
using SmartCity.Core.Doubts;
using SmartCity.Core.Passages;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Review;

/// <summary>What follows when a stored sighting counts as another plate, whoever said so: a person, or later frames of its camera.</summary>
public sealed class ReadingMove(PassageBuilder passages, AlertRaiser raiser, ReadingDoubts doubts, ChargingCity city)
{
    /// <summary>
    /// Takes a sighting from its passage to that of the plate that it counts as now, and raises the alerts that follow. The caller has taken the
    /// passage off the sighting's row, and holds the correction gate.
    /// </summary>
    /// <param name="record">The sighting with the plate and the confidence that count; no plate if it has none.</param>
    /// <param name="left">The passage that it was part of.</param>
    /// <returns>The passage that it is part of now, and the alerts that are new.</returns>
    public async Task<(Guid? Passage, IReadOnlyList<AlertView> Alerts)> ApplyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SightingRecord record, Guid? left, CancellationToken cancellationToken)
    {
        if (left is { } passage)
        {
            await passages.LeaveAsync(connection, transaction, passage, cancellationToken);
        }

        var sighting = record.Sighting;
        if (sighting.Plate is null)
        {
            return (null, []);
        }

        var joined = await passages.ApplyAsync(connection, transaction, [record], cancellationToken);
        await using var command = new NpgsqlCommand("update sightings set passage_id = $3 where captured_at = $1 and id = $2", connection, transaction)
        {
            Parameters = { new() { Value = sighting.CapturedAt }, new() { Value = sighting.Id }, new() { Value = joined.PassageOf[record] } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return (joined.PassageOf[record], await raiser.RaiseAsync(connection, transaction, joined.Changes, cancellationToken));
    }

    /// <summary>The vehicles and days whose charges may be others when a sighting counts as another plate: those whose readings spoke against it, or may now, among them.</summary>
    /// <param name="sighting">With the plate that counted until now.</param>
    public async Task<VehicleDay[]> DaysAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Sighting sighting, string? counts, CancellationToken cancellationToken)
    {
        var plates = new HashSet<string>(StringComparer.Ordinal);
        foreach (var plate in ((string?[])[sighting.Plate, counts]).OfType<string>().Distinct())
        {
            plates.Add(plate);
            var reading = new ChargeableSighting(sighting.Id, sighting.CapturedAt, plate, sighting.StationId, sighting.CameraId, sighting.Confidence, null, null, null);
            plates.UnionWith(await doubts.PlatesBesideAsync(connection, transaction, reading, cancellationToken));
        }

        var reach = await doubts.ReachAsync(connection, transaction, cancellationToken);
        var days = ((DateOnly[])[city.DayOf(sighting.CapturedAt), city.DayOf(sighting.CapturedAt - reach), city.DayOf(sighting.CapturedAt + reach)]).Distinct();
        return [.. days.SelectMany(d => plates.Select(p => new VehicleDay(p, d)))];
    }
}
