using System.IO.Compression;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>
/// The core's own judgement of a version beside the champion: the hold-out of a dataset, which no training has seen, and rendered plates that are part of the
/// program. What a trainer says of its version counts for nothing.
/// </summary>
internal sealed class ModelJudge(NpgsqlDataSource dataSource, ModelRegistry registry, IObjectStore objects, IOptions<GateOptions> gates, TimeProvider time)
{
    /// <param name="dataset">Whose hold-out is read; null for the newest there is.</param>
    /// <param name="change">The call's that what is kept belongs to; it is begun when everything was read. Null for a transaction of its own.</param>
    /// <exception cref="InvalidDataException">A file is not what its manifest says, or is no reader.</exception>
    public async Task<ModelJudgement> RunAsync(StoredVersion version, StoredVersion against, string? dataset, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        dataset ??= await NewestAsync(cancellationToken);
        using var before = new ReaderSession(against.Manifest, await registry.FileAsync(against.Manifest, cancellationToken));
        using var after = new ReaderSession(version.Manifest, await registry.FileAsync(version.Manifest, cancellationToken));
        var figures = new List<ModelFigures>();
        var kept = dataset is null ? [] : await HoldOutAsync(dataset, before, after, cancellationToken);
        if (kept.Count > 0)
        {
            figures.AddRange(PairedPlates.Figures(GateRules.HoldOut, kept, gates.Value.LeastSlice));
        }

        var rendered = await Task.Run(() => RenderedPlates.All.Select(p => Pair(p.Plate, p.Slices, p.Patch, before, after)).ToList(), cancellationToken);
        figures.AddRange(PairedPlates.Figures(GateRules.Rendered, rendered, gates.Value.LeastSlice));
        var verdicts = GateRules.Of(figures, against.Manifest.File.Bytes, version.Manifest.File.Bytes, gates.Value).ToList();
        var judgement = new ModelJudgement(against.Id, dataset, verdicts.TrueForAll(g => g.Passed), verdicts, figures, time.GetUtcNow());
        await KeepAsync(version, judgement, kept, change, cancellationToken);
        return judgement;
    }

    /// <summary>The newest judgement of each version.</summary>
    public async Task<Dictionary<string, ModelJudgement>> NewestOfAllAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select distinct on (version_id) version_id, report from model_judgements order by version_id, at desc");
        return (await command.ReadAllAsync(r => (r.GetString(0), JsonSerializer.Deserialize<ModelJudgement>(r.GetString(1), JsonSerializerOptions.Web)!), cancellationToken)).ToDictionary(j => j.Item1, j => j.Item2);
    }

    public async Task<ModelJudgement?> NewestOfAsync(string version, CancellationToken cancellationToken) => (await NewestOfAllAsync(cancellationToken)).GetValueOrDefault(version);

    /// <summary>Why a judgement says nothing any more; null if it was made beside the champion.</summary>
    public async Task<string?> StaleAsync(StoredVersion version, ModelJudgement judgement, CancellationToken cancellationToken)
    {
        var champion = (await registry.OfAliasAsync(version.Manifest.Kind, ModelRegistry.Champion, cancellationToken))?.Id;
        return champion == judgement.Against || champion == version.Id ? null : $"{version.Id} was judged beside {judgement.Against}, which is not the champion any more. Judge it again.";
    }

    private async Task<string?> NewestAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select digest from datasets order by created_at desc limit 1");
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private async Task<List<PairedPlate>> HoldOutAsync(string dataset, ReaderSession before, ReaderSession after, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select i.plate, i.country, i.camera_id, i.source, i.patch_sha256, i.sighting_id, i.captured_at, s.latitude, s.longitude
            from dataset_items d join learning_items i using (sighting_id) left join stations s on s.id = i.station_id where d.dataset = $1 and i.split = 'hold-out' order by i.sighting_id
            """);
        command.Parameters.Add(new() { Value = dataset });
        var rows = await command.ReadAllAsync(
            r => (Plate: r.GetString(0), Country: r.Text(1), Camera: r.GetString(2), Source: r.GetString(3), Patch: r.GetString(4), Sighting: r.GetGuid(5),
                Light: r.IsDBNull(7) ? "unknown" : DayLight.Of(r.Time(6), r.GetDouble(7), r.GetDouble(8))),
            cancellationToken);
        var pairs = new List<PairedPlate>(rows.Count);
        foreach (var row in rows)
        {
            var patch = new byte[PlatePicture.Bytes];
            if (await LearningPatches.ReadAsync(objects, row.Patch, cancellationToken) is { } picture && PlatePicture.TryFill(picture, patch))
            {
                pairs.Add(Pair(row.Plate, [$"country {row.Country ?? "unknown"}", $"camera {row.Camera}", $"source {row.Source}", $"light {row.Light}"], patch, before, after, row.Sighting));
            }
        }

        return pairs;
    }

    private static PairedPlate Pair(string plate, IReadOnlyList<string> slices, byte[] patch, ReaderSession before, ReaderSession after, Guid? sighting = null) =>
        new(plate, slices, before.Read(patch), after.Read(patch), sighting);

    private async Task KeepAsync(StoredVersion version, ModelJudgement judgement, List<PairedPlate> read, AuditedChange? change, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(judgement.At);
        await using var transaction = await ChangeTransaction.BeginAsync(change, dataSource, cancellationToken);
        var connection = transaction.Connection;
        await using var command = new NpgsqlCommand("insert into model_judgements (id, version_id, against_id, dataset, passed, report, at) values ($1, $2, $3, $4, $5, $6, $7)", connection);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = version.Id });
        command.Parameters.Add(new() { Value = judgement.Against });
        command.Parameters.Add(TextParameter.Of(judgement.Dataset));
        command.Parameters.Add(new() { Value = judgement.Passed });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(judgement, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = judgement.At });
        await command.ExecuteNonQueryAsync(cancellationToken);
        await ModelReadings.KeepAsync(connection, id, read, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}

/// <summary>Rendered plates by country and by how far they are, drawn with a seed that no training uses.</summary>
internal static class RenderedPlates
{
    private static readonly Lazy<IReadOnlyList<RenderedPlate>> Loaded = new(() => [.. Load()]);

    public static IReadOnlyList<RenderedPlate> All => Loaded.Value;

    // Names are {number}-{condition}-{country}-{plate}.jpg.
    private static IEnumerable<RenderedPlate> Load()
    {
        using var stream = typeof(RenderedPlates).Assembly.GetManifestResourceStream("rendered-plates.zip")!;
        using var zip = new ZipArchive(stream);
        foreach (var entry in zip.Entries)
        {
            using var content = entry.Open();
            using var bytes = new MemoryStream();
            content.CopyTo(bytes);
            var patch = new byte[PlatePicture.Bytes];
            if (Path.GetFileNameWithoutExtension(entry.Name).Split('-') is [_, var condition, var country, var plate] && PlatePicture.TryFill(bytes.ToArray(), patch))
            {
                yield return new RenderedPlate(plate, [$"country {country}", $"condition {condition}"], patch);
            }
        }
    }
}

internal sealed record RenderedPlate(string Plate, IReadOnlyList<string> Slices, byte[] Patch);
