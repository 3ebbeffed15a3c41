using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>Frozen sets of items. The digest is over each picture's digest, its text and its side of the split: the same items have the same digest.</summary>
internal sealed class Datasets(NpgsqlDataSource dataSource, IObjectStore objects, TimeProvider time)
{
    // A plate's picture has a margin of 0.35 heights around its characters.
    private const double Margin = 0.35;

    /// <summary>Freezes all items there are.</summary>
    /// <param name="change">The call's that it belongs to; null for a transaction of its own.</param>
    /// <exception cref="InvalidDataException">There is none to train on.</exception>
    public async Task<DatasetView> FreezeAsync(string by, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        var items = await ItemsAsync(null, cancellationToken);
        if (!items.Exists(i => i.Split == LearningSplit.Train))
        {
            throw new InvalidDataException("Nobody has decided on a reading yet whose plate can be trained on. Decide on readings on the Review page first.");
        }

        var lines = string.Concat(items.OrderBy(i => i.Sighting).Select(i => $"{i.Sighting} {i.Patch} {i.Plate} {i.Split}\n"));
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines)));
        var counts = new DatasetCounts(
            items.Count(i => i.Split == LearningSplit.Train), items.Count(i => i.Split == LearningSplit.Validation), items.Count(i => i.Split == LearningSplit.HoldOut),
            items.CountBy(i => i.Country ?? "unknown").ToDictionary(), items.CountBy(i => i.Camera).ToDictionary(), items.CountBy(i => i.Source).ToDictionary());
        await using var transaction = await ChangeTransaction.BeginAsync(change, dataSource, cancellationToken);
        await using var batch = new NpgsqlBatch(transaction.Connection)
        {
            BatchCommands =
            {
                new("insert into datasets (digest, created_at, created_by, items, counts) values ($1, $2, $3, $4, $5) on conflict do nothing")
                {
                    Parameters =
                    {
                        new() { Value = digest }, new() { Value = time.GetUtcNow() }, new() { Value = by }, new() { Value = items.Count },
                        new() { Value = JsonSerializer.Serialize(counts, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb },
                    },
                },
                // Who was erased a moment ago is in none.
                new("insert into dataset_items (dataset, sighting_id) select $1, sighting_id from learning_items where sighting_id = any($2) on conflict do nothing")
                {
                    Parameters = { new() { Value = digest }, new() { Value = items.Select(i => i.Sighting).ToArray() } },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await FindAsync(digest, cancellationToken, change))!;
    }

    /// <param name="change">Where given, what it has changed so far is seen.</param>
    public async Task<IReadOnlyList<DatasetView>> ListAsync(CancellationToken cancellationToken, AuditedChange? change = null)
    {
        const string Sql = "select digest, created_at, created_by, items, erased, counts from datasets order by created_at desc";
        await using var command = change?.Look(Sql) ?? dataSource.CreateCommand(Sql);
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    public async Task<DatasetView?> FindAsync(string digest, CancellationToken cancellationToken, AuditedChange? change = null) => (await ListAsync(cancellationToken, change)).FirstOrDefault(d => d.Digest == digest);

    public async Task<LearningView> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select count(*)::int, (count(*) filter (where not exists (select from dataset_items d where d.sighting_id = i.sighting_id)))::int, (count(*) filter (where suspect))::int, (select count(*) from learning_passed_over)
            from learning_items i
            """);
        return (await command.ReadAllAsync(r => new LearningView(r.GetInt32(0), r.GetInt32(1), r.GetInt32(2), r.GetInt64(3)), cancellationToken)).Single();
    }

    /// <summary>Writes the pictures that a training may see, and their texts. The hold-out is not among them.</summary>
    public async Task WriteAsync(string digest, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Combine(folder, "plates"));
        await using var table = File.Create(Path.Combine(folder, "items.csv"));
        await CsvExport.WriteAsync(table, ["file", "plate", "split"], SeenAsync(), i => [$"plates/{i.Sighting}.jpg", i.Plate, i.Split], cancellationToken);

        async IAsyncEnumerable<Item> SeenAsync()
        {
            foreach (var item in (await ItemsAsync(digest, cancellationToken)).Where(i => i.Split != LearningSplit.HoldOut))
            {
                if (await LearningPatches.ReadAsync(objects, item.Patch, cancellationToken) is { } picture)
                {
                    await File.WriteAllBytesAsync(Path.Combine(folder, "plates", $"{item.Sighting}.jpg"), picture, cancellationToken);
                    yield return item;
                }
            }
        }
    }

    /// <summary>
    /// A zip for other tools: pictures of the plates (<c>plates/</c>) and of what is around them (<c>frames/</c>, where there is one), <c>items.csv</c>, and
    /// <c>annotations.json</c> in the form of COCO with the place and the text of the plate in each picture.
    /// </summary>
    public async Task ExportAsync(string digest, Stream to, CancellationToken cancellationToken)
    {
        await using var zip = new ZipArchive(to, ZipArchiveMode.Create, leaveOpen: true);
        var (images, annotations, rows) = (new List<object>(), new List<object>(), new List<Item>());
        foreach (var item in await ItemsAsync(digest, cancellationToken))
        {
            if (await LearningPatches.ReadAsync(objects, item.Patch, cancellationToken) is not { } picture)
            {
                continue;
            }

            var size = SkiaSharp.SKBitmap.DecodeBounds(picture);
            var edge = size.Height * Margin / (1 + 2 * Margin);
            await AddAsync($"plates/{item.Sighting}.jpg", picture, size, item, [Math.Round(edge, 1), Math.Round(edge, 1), Math.Round(size.Width - 2 * edge, 1), Math.Round(size.Height - 2 * edge, 1)]);
            var frame = item.Frame is null ? null : await LearningPatches.ReadAsync(objects, item.Frame, cancellationToken);
            if (frame is not null)
            {
                await AddAsync(FrameOf(item), frame, SkiaSharp.SKBitmap.DecodeBounds(frame), item, [.. item.FrameBox!.Select(v => (double)v)]);
            }

            rows.Add(frame is null ? item with { Frame = null } : item);
        }

        await using (var entry = await zip.CreateEntry("annotations.json").OpenAsync(cancellationToken))
        {
            await JsonSerializer.SerializeAsync(entry, new { info = new { description = $"SmartCity dataset {digest}" }, images, annotations, categories = new[] { new { id = 1, name = "plate" } } }, JsonSerializerOptions.Web, cancellationToken);
        }

        await using var table = await zip.CreateEntry("items.csv").OpenAsync(cancellationToken);
        await CsvExport.WriteAsync(
            table,
            ["file", "plate", "split", "read_plate", "country", "station", "camera", "captured_at", "source", "decided_by", "second_by", "frame"],
            rows.ToAsyncEnumerable(),
            i => [$"plates/{i.Sighting}.jpg", i.Plate, i.Split, i.ReadPlate, i.Country, i.Station, i.Camera, i.CapturedAt, i.Source, i.DecidedBy, i.SecondBy, i.Frame is null ? null : FrameOf(i)],
            cancellationToken);

        async Task AddAsync(string name, byte[] picture, SkiaSharp.SKImageInfo size, Item item, double[] box)
        {
            await using (var entry = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancellationToken))
            {
                await entry.WriteAsync(picture, cancellationToken);
            }

            var id = images.Count + 1;
            images.Add(new { id, file_name = name, width = size.Width, height = size.Height });
            annotations.Add(new
            {
                id,
                image_id = id,
                category_id = 1,
                bbox = box,
                area = box[2] * box[3],
                iscrowd = 0,
                segmentation = new[] { new[] { box[0], box[1], box[0] + box[2], box[1], box[0] + box[2], box[1] + box[3], box[0], box[1] + box[3] } },
                attributes = new { text = item.Plate, item.Split, item.Camera, item.Country, item.Source },
            });
        }
    }

    private static string FrameOf(Item item) => $"frames/{item.Sighting}.jpg";

    private async Task<List<Item>> ItemsAsync(string? digest, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select i.sighting_id, i.patch_sha256, i.plate, i.split, i.country, i.camera_id, i.source, i.read_plate, i.station_id, i.captured_at, i.decided_by, i.second_by, i.frame_sha256, i.frame_box
            from learning_items i
            where $1::text is null or exists (select from dataset_items d where d.dataset = $1 and d.sighting_id = i.sighting_id) order by i.sighting_id
            """);
        command.Parameters.Add(TextParameter.Of(digest));
        return await command.ReadAllAsync(
            r => new Item(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Text(4), r.GetString(5), r.GetString(6), r.Text(7), r.GetString(8), r.Time(9), r.Text(10), r.Text(11), r.Text(12), r.IsDBNull(13) ? null : r.GetFieldValue<int[]>(13)),
            cancellationToken);
    }

    private static DatasetView Read(NpgsqlDataReader r) => new(r.GetString(0), r.Time(1), r.GetString(2), r.GetInt32(3), r.GetInt32(4), JsonSerializer.Deserialize<DatasetCounts>(r.GetString(5), JsonSerializerOptions.Web)!);

    private sealed record Item(Guid Sighting, string Patch, string Plate, string Split, string? Country, string Camera, string Source, string? ReadPlate, string Station, DateTimeOffset CapturedAt, string? DecidedBy, string? SecondBy, string? Frame, int[]? FrameBox);
}
