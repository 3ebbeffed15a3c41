using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Charges;
using SmartCity.Core.Passages;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Review;

/// <summary>What follows when a stored sighting counts as another plate, whoever said so: a person, or later frames of its camera.</summary>
public sealed class ReadingMove(PassageBuilder passages, AlertRaiser raiser)
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

    /// <summary>The vehicles and days whose charges may be others when a sighting of one plate counts as another.</summary>
    public static VehicleDay[] Days(DateTimeOffset capturedAt, params string?[] plates)
    {
        var day = ChargeRules.DayOf(capturedAt);
        return [.. plates.OfType<string>().Distinct().Select(p => new VehicleDay(p, day))];
    }
}
