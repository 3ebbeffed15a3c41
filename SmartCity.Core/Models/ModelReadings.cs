using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Models;

/// <summary>What the versions of a judgement read, plate by plate.</summary>
internal sealed class ModelReadings(NpgsqlDataSource dataSource)
{
    /// <summary>Inside the transaction that keeps the judgement.</summary>
    public static async Task KeepAsync(NpgsqlConnection connection, Guid judgement, IReadOnlyList<PairedPlate> read, CancellationToken cancellationToken)
    {
        PairedPlate[] plates = [.. read.Where(p => p.Sighting is not null)];
        // What was erased meanwhile has no line.
        await using var command = new NpgsqlCommand(
            """
            insert into model_readings (judgement_id, sighting_id, before_text, before_confidence, before_right, after_text, after_confidence, after_right)
            select $1, x.* from unnest($2, $3, $4, $5, $6, $7, $8) x (id, bt, bc, br, at, ac, ar) where exists (select from learning_items i where i.sighting_id = x.id)
            """,
            connection);
        foreach (var value in (object[])
        [
            judgement, plates.Select(p => p.Sighting!.Value).ToArray(),
            plates.Select(p => p.Before.Text).ToArray(), plates.Select(p => p.Before.Confidence).ToArray(), plates.Select(p => PairedPlates.IsRight(p.Before, p.Truth)).ToArray(),
            plates.Select(p => p.After.Text).ToArray(), plates.Select(p => p.After.Confidence).ToArray(), plates.Select(p => PairedPlates.IsRight(p.After, p.Truth)).ToArray(),
        ])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The newest judgement of a version: what was lost first, then what was gained, then what both misread differently, then what both misread alike; last what both read rightly.</summary>
    /// <param name="which">lost, gained, changed (read differently) or all.</param>
    /// <returns>Null if the version was never judged.</returns>
    public async Task<ModelComparison?> OfAsync(string version, string which, int skip, int limit, CancellationToken cancellationToken)
    {
        await using var newest = dataSource.CreateCommand(
            """
            select j.id, j.against_id, j.at, count(r.sighting_id)::int, (count(*) filter (where r.before_right and not r.after_right))::int,
                   (count(*) filter (where r.after_right and not r.before_right))::int, (count(*) filter (where r.before_text <> r.after_text))::int
            from (select id, against_id, at from model_judgements where version_id = $1 order by at desc limit 1) j left join model_readings r on r.judgement_id = j.id group by 1, 2, 3
            """);
        newest.Parameters.Add(new() { Value = version });
        var found = (await newest.ReadAllAsync(r => (Id: r.GetGuid(0), View: new ModelComparison(version, r.GetString(1), r.Time(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), r.GetInt32(6), [])), cancellationToken)).SingleOrDefault();
        if (found.View is null)
        {
            return null;
        }

        await using var command = dataSource.CreateCommand(
            """
            select r.sighting_id, i.captured_at, i.station_id, i.camera_id, i.plate, i.country, r.before_text, r.before_confidence, r.before_right, r.after_text, r.after_confidence, r.after_right
            from model_readings r join learning_items i using (sighting_id)
            where r.judgement_id = $1 and case $2 when 'lost' then r.before_right and not r.after_right when 'gained' then r.after_right and not r.before_right when 'changed' then r.before_text <> r.after_text else true end
            order by case when r.before_right and not r.after_right then 0 when r.after_right and not r.before_right then 1 when r.after_right then 4 when r.before_text <> r.after_text then 2 else 3 end, r.sighting_id
            offset $3 limit $4
            """);
        foreach (var value in (object[])[found.Id, which, skip, limit])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return found.View with
        {
            Readings = await command.ReadAllAsync(
                r => new ModelReadingView(r.GetGuid(0), r.Time(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Text(5), r.GetString(6), r.GetDouble(7), r.GetBoolean(8), r.GetString(9), r.GetDouble(10), r.GetBoolean(11)), cancellationToken),
        };
    }

    /// <summary>Digest of the picture of an item; null if there is none.</summary>
    public async Task<string?> PictureAsync(Guid sighting, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select patch_sha256 from learning_items where sighting_id = $1");
        command.Parameters.Add(new() { Value = sighting });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }
}
