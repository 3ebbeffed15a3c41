using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Core.Api;
using SmartCity.Core.Privacy;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>Makes items for training of what people have decided. A decision that was changed changes its item.</summary>
internal sealed class LearningGatherer(NpgsqlDataSource dataSource, IObjectStore objects, IOptions<ModelOptions> options, TimeProvider time)
{
    private const int BatchSize = 200;
    private const int LongestPlate = 12;

    // The picture follows its sighting; after so long it will not come.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <returns>How many decisions became items.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await ForgetAsync(cancellationToken);
        var made = 0;
        foreach (var decided in await NewAsync(cancellationToken))
        {
            made += await TakeAsync(decided, cancellationToken) ? 1 : 0;
        }

        return made;
    }

    // The last decision on a sighting counts; one that was taken back takes its item with it.
    private async Task<List<Decided>> NewAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            select r.sighting_id, r.captured_at, r.station_id, r.camera_id, s.country, r.decision, r.read_plate, r.plate, coalesce(s.confidence, r.confidence), r.evidence, r.reader_version, r.reviewed_by, r.proposed_by, r.reviewed_at,
                   exists (select from review_cases c where c.sighting_id = r.sighting_id and c.kind = 'audit-sample'), s.box
            from (select distinct on (sighting_id) * from reviewed_reads order by sighting_id, reviewed_at desc, id desc) r
            left join sightings s on s.captured_at = r.captured_at and s.id = r.sighting_id
            left join learning_items i on i.sighting_id = r.sighting_id
            left join learning_passed_over p on p.sighting_id = r.sighting_id
            where (i.sighting_id is null or i.decided_at < r.reviewed_at) and (p.sighting_id is null or p.at < r.reviewed_at)
                and {Restricted.Not("r.plate")} and {Restricted.Not("r.read_plate")}
            order by r.reviewed_at limit $1
            """);
        command.Parameters.Add(new() { Value = BatchSize });
        return await command.ReadAllAsync(
            r => new Decided(r.GetGuid(0), r.Time(1), r.GetString(2), r.GetString(3), r.Text(4), r.GetString(5), r.Text(6), r.Text(7), r.GetDouble(8), r.Text(9), r.Text(10), r.Text(11), r.Text(12), r.Time(13), r.GetBoolean(14), r.IsDBNull(15) ? [] : r.GetFieldValue<int[]>(15)),
            cancellationToken);
    }

    private async Task<bool> TakeAsync(Decided decided, CancellationToken cancellationToken)
    {
        if (decided.Plate is not { Length: > 0 and <= LongestPlate } plate || decided.Evidence is null)
        {
            await PassOverAsync(decided.Sighting, decided.Plate is null ? "There is no plate." : decided.Evidence is null ? "Its picture was deleted." : "The plate is too long for the reader.", cancellationToken);
            return false;
        }

        if (await LearningPatches.FindAsync(objects, Sighting.PatchKey(decided.Evidence), cancellationToken) is not { } picture)
        {
            if (time.GetUtcNow() - decided.DecidedAt > Patience)
            {
                await PassOverAsync(decided.Sighting, "The picture of its plate is not in the object store.", cancellationToken);
            }

            return false;
        }

        if (!PlatePicture.TryFill(picture, new byte[PlatePicture.Bytes]))
        {
            await PassOverAsync(decided.Sighting, "The picture of its plate cannot be read.", cancellationToken);
            return false;
        }

        var digest = await LearningPatches.KeepAsync(objects, picture, cancellationToken);
        var around = await LearningPatches.FindAsync(objects, decided.Evidence, cancellationToken) is { } evidence ? PlateSurroundings.Cut(evidence, decided.Box) : null;
        var frame = around is null ? null : await LearningPatches.KeepAsync(objects, around.Jpeg, cancellationToken);
        await using var command = dataSource.CreateCommand(
            """
            insert into learning_items (sighting_id, captured_at, station_id, camera_id, country, source, decision, read_plate, plate, confidence, reader_version, decided_by, second_by, decided_at, patch_sha256, split, suspect, gathered_at, frame_sha256, frame_box)
            select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20 where exists (select from reviewed_reads where sighting_id = $1 and reviewed_at = $14)
            on conflict (sighting_id) do update set frame_sha256 = coalesce(excluded.frame_sha256, learning_items.frame_sha256), frame_box = coalesce(excluded.frame_box, learning_items.frame_box), decision = excluded.decision, plate = excluded.plate, decided_by = excluded.decided_by, second_by = excluded.second_by,
                decided_at = excluded.decided_at, split = excluded.split, suspect = excluded.suspect, gathered_at = excluded.gathered_at
            """);
        foreach (var parameter in new NpgsqlParameter[]
        {
            new() { Value = decided.Sighting }, new() { Value = decided.CapturedAt }, new() { Value = decided.Station }, new() { Value = decided.Camera }, TextParameter.Of(decided.Country),
            new() { Value = decided.IsSample ? "audit-sample" : "review" }, new() { Value = decided.Decision }, TextParameter.Of(decided.ReadPlate), new() { Value = plate }, new() { Value = decided.Confidence },
            TextParameter.Of(decided.ReaderVersion), TextParameter.Of(decided.By), TextParameter.Of(decided.SecondBy), new() { Value = decided.DecidedAt }, new() { Value = digest },
            new() { Value = LearningSplit.Of(plate) }, new() { Value = decided.Confidence >= Sighting.LeastSure && decided.ReadPlate is not null && decided.ReadPlate != plate }, new() { Value = time.GetUtcNow() },
            TextParameter.Of(frame), new() { Value = (object?)around?.Box ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
        })
        {
            command.Parameters.Add(parameter);
        }

        if (await command.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            return true;
        }

        // It was erased meanwhile.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await LearningPatches.ForgetUnnamedAsync(objects, connection, new[] { digest, frame }.OfType<string>(), cancellationToken);
        return false;
    }

    private async Task PassOverAsync(Guid sighting, string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await LearningErasure.RemoveAsync(dataSource, objects, [sighting], reason, now, cancellationToken);
        await using var command = dataSource.CreateCommand("insert into learning_passed_over (sighting_id, reason, at) values ($1, $2, $3) on conflict (sighting_id) do update set reason = excluded.reason, at = excluded.at");
        command.Parameters.Add(new() { Value = sighting });
        command.Parameters.Add(new() { Value = reason });
        command.Parameters.Add(new() { Value = now });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select sighting_id from learning_items where decided_at < $1 limit $2");
        command.Parameters.Add(new() { Value = time.GetUtcNow() - options.Value.KeepItems });
        command.Parameters.Add(new() { Value = BatchSize });
        await LearningErasure.RemoveAsync(dataSource, objects, await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken), LearningErasure.Erased, null, cancellationToken);
    }

    private sealed record Decided(
        Guid Sighting, DateTimeOffset CapturedAt, string Station, string Camera, string? Country, string Decision, string? ReadPlate, string? Plate, double Confidence, string? Evidence,
        string? ReaderVersion, string? By, string? SecondBy, DateTimeOffset DecidedAt, bool IsSample, int[] Box);
}
