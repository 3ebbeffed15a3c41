using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Sightings;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Packages;

/// <summary>Collects what a charge or an alert rests on.</summary>
internal sealed class PackageGatherer(NpgsqlDataSource dataSource, SightingQueries sightings, SightingStrips strips, Disputes disputes, ChargingCity city)
{
    /// <summary>Adds a charge with every line of its vehicle, scheme and day, its disputes, tariffs, and the sightings that the lines name.</summary>
    /// <returns>Whether there is such a line.</returns>
    public async Task<bool> AddChargeAsync(PackageRecords records, Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {ChargeEntries.Columns} from charge_entries where (plate, scheme, day) = (select plate, scheme, day from charge_entries where id = $1) order by recorded_at, id");
        command.Parameters.Add(new() { Value = id });
        var lines = await command.ReadAllAsync(ChargeEntries.Read, cancellationToken);
        if (lines.Count == 0)
        {
            return false;
        }

        records.Charges.AddRange(lines.ExceptBy(records.Charges.Select(c => c.Id), c => c.Id));
        records.Disputes.AddRange((await disputes.OfAsync(id, cancellationToken)).ExceptBy(records.Disputes.Select(d => d.Id), d => d.Id));
        await AddTariffsAsync(records, lines, cancellationToken);
        foreach (var sighting in lines.Select(l => l.SightingId).Distinct())
        {
            await AddSightingAsync(records, sighting, cancellationToken);
        }

        return true;
    }

    /// <summary>Adds an alert with what people did, and the sightings of its passage.</summary>
    /// <inheritdoc cref="AddChargeAsync" path="/returns"/>
    public async Task<bool> AddAlertAsync(PackageRecords records, Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(AlertSlice.Select("id = $1"));
        command.Parameters.Add(new() { Value = id });
        if (await command.ReadAllAsync(AlertSlice.Read, cancellationToken) is not [var alert])
        {
            return false;
        }

        if (!records.Alerts.Exists(a => a.Alert.Id == id))
        {
            records.Alerts.Add(new PackagedAlert(alert, await AlertActions.OfAsync(dataSource, id, cancellationToken)));
        }

        await AddSightingAsync(records, alert.SightingId, cancellationToken);
        return true;
    }

    /// <summary>Adds a sighting, those of its passage, and what people decided on their readings.</summary>
    /// <returns>Whether the sighting is still stored.</returns>
    public async Task<bool> AddSightingAsync(PackageRecords records, Guid id, CancellationToken cancellationToken)
    {
        if (records.Sightings.Exists(s => s.Id == id))
        {
            return true;
        }

        if (await sightings.FindAsync(id, cancellationToken) is not { } found)
        {
            return false;
        }

        var passage = found.PassageId is { } together ? await OfPassageAsync(together, cancellationToken) : [];
        var added = passage.Exists(s => s.Id == id) ? passage : [found];
        var around = await strips.OfAsync([.. added.Select(s => s.Id)], cancellationToken);
        added = [.. added.ExceptBy(records.Sightings.Select(s => s.Id), s => s.Id).Select(s => Keepers.Masked(s) with { Strip = around.TryGetValue(s.Id, out var strip) ? strip.Strip : null })];
        foreach (var (strip, sha256) in added.Where(s => s.Strip is not null).Select(s => around[s.Id]))
        {
            records.Recorded[strip.Key] = Convert.ToHexStringLower(sha256);
        }

        records.Sightings.AddRange(added);
        await AddRecordedAsync(records, added, cancellationToken);
        await using var command = dataSource.CreateCommand("select sighting_id, decision, read_plate, plate, reviewed_by, reviewed_at from reviewed_reads where sighting_id = any($1) order by reviewed_at, id");
        command.Parameters.Add(new() { Value = added.ConvertAll(s => s.Id).ToArray() });
        records.Decisions.AddRange(await command.ReadAllAsync(r => new PackagedDecision(r.GetGuid(0), r.GetString(1), r.Text(2), r.Text(3), r.Text(4), r.Time(5)), cancellationToken));
        return true;
    }

    private async Task AddRecordedAsync(PackageRecords records, List<SightingView> added, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select evidence, evidence_sha256, patch_sha256 from sightings where id = any($1) and captured_at between $2 and $3 and evidence is not null");
        command.Parameters.Add(new() { Value = added.ConvertAll(s => s.Id).ToArray() });
        command.Parameters.Add(new() { Value = added.Min(s => s.CapturedAt) });
        command.Parameters.Add(new() { Value = added.Max(s => s.CapturedAt) });
        foreach (var (key, frame, patch) in await command.ReadAllAsync(r => (r.GetString(0), r.Bytes(1), r.Bytes(2)), cancellationToken))
        {
            if (frame is not null)
            {
                records.Recorded[key] = Convert.ToHexStringLower(frame);
            }

            if (patch is not null)
            {
                records.Recorded[Sighting.PatchKey(key)] = Convert.ToHexStringLower(patch);
            }
        }
    }

    // Its times say in which days to look.
    private async Task<List<SightingView>> OfPassageAsync(Guid passage, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select station_id, first_at, last_at from passages where id = $1");
        command.Parameters.Add(new() { Value = passage });
        if (await command.ReadAllAsync(r => (Station: r.GetString(0), First: r.Time(1), Last: r.Time(2)), cancellationToken) is not [var at])
        {
            return [];
        }

        var found = await sightings.ListAsync(new SightingFilter(at.Station, null, at.First, at.Last.AddMilliseconds(1), null, Passage: passage, AlsoRestricted: true), Paging.MaximumLimit, cancellationToken);
        found.Reverse();
        return found;
    }

    private async Task AddTariffsAsync(PackageRecords records, List<ChargeView> lines, CancellationToken cancellationToken)
    {
        var book = await TariffStore.BookAsync(dataSource, city, cancellationToken);
        foreach (var (version, day) in lines.Select(l => (l.TariffVersion, l.Day)).Distinct().Where(l => !records.Tariffs.Exists(t => t.Version == l.TariffVersion && t.From == l.Day)))
        {
            if (book.Tariffs.FirstOrDefault(t => t.Tariff.Version == version)?.Tariff is { } tariff)
            {
                records.Tariffs.Add(new TariffView(version, day, day.AddDays(1), TariffRules.On(tariff, day), null, null));
            }
        }
    }
}
