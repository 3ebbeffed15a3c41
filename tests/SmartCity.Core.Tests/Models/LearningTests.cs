using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Models;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Models;

/// <summary>From a person's decision to a dataset, and out of it again.</summary>
public sealed class LearningTests(ModelHost host) : IClassFixture<ModelHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Decisions_become_a_frozen_dataset_split_by_vehicle_that_is_exported_and_of_which_a_vehicle_is_erased()
    {
        // One that was read wrongly and surely, one that is confirmed as a random check, one twice, and one that shows no plate.
        var wrong = await SeenAsync("LN01AAA", 1, isEvidenceThere: true);
        var sure = await SeenAsync("LN02AAA", 2);
        var (twice, again) = (await SeenAsync("LN03AAA", 3, isEvidenceThere: true), await SeenAsync("LN03AAA", 300));
        var none = await SeenAsync("LN04AAA", 4);
        Assert.Contains((await GetAsync<Page<ReviewView>>("/api/review?kind=audit-sample&limit=500")).Items, c => c.SightingId == sure);
        await DecideAsync(wrong, "corrected", "LN01AAB");
        await DecideAsync(sure, "confirmed", null);
        await DecideAsync(twice, "confirmed", null);
        await DecideAsync(again, "confirmed", null);
        await DecideAsync(none, "no-plate", null);
        await CoreHost.UntilAsync(async () => (await GetAsync<ModelsView>("/api/models")).Learning is { Items: 4, PassedOver: 1 }, "four items, one passed over");
        Assert.Equal(1, (await GetAsync<ModelsView>("/api/models")).Learning.Suspects);

        // A decision that is changed changes its item, also one that was made before what is around a plate was kept.
        await host.Core.Postgres.ExecuteAsync("update learning_items set frame_sha256 = null, frame_box = null where sighting_id = $1", wrong);
        await DecideAsync(wrong, "corrected", "LN01AAC");
        await CoreHost.UntilAsync(async () => await host.Core.Postgres.ScalarAsync<string>("select plate from learning_items where sighting_id = $1", wrong) == "LN01AAC", "the item follows");
        Assert.Single(await host.Core.Postgres.ColumnAsync<string>("select distinct split from learning_items where plate = 'LN03AAA'"));

        var frozen = await Caller.ReadAsync<DatasetView>(await host.Core.Http.PostAsync("/api/models/datasets", null, Token));
        var same = await Caller.ReadAsync<DatasetView>(await host.Core.Http.PostAsync("/api/models/datasets", null, Token));
        Assert.Equal((frozen.Digest, 4, 4), (same.Digest, frozen.Items, frozen.Counts.Sources.Values.Sum()));

        using var zip = new ZipArchive(new MemoryStream(await host.Core.Http.GetByteArrayAsync($"/api/models/datasets/{frozen.Digest}/export", Token)));
        Assert.Equal(4, zip.Entries.Count(e => e.FullName.StartsWith("plates/", StringComparison.Ordinal)));
        using var coco = JsonDocument.Parse(zip.GetEntry("annotations.json")!.Open());
        Assert.Equal([20.6, 20.6], BoxIn(coco, $"plates/{wrong}.jpg")[..2]);
        using var table = new StreamReader(zip.GetEntry("items.csv")!.Open());
        Assert.Contains("LN01AAC", await table.ReadToEndAsync(Token), StringComparison.Ordinal);

        // What is around the plate, where the evidence was there: as much as its width on both sides and twice its height, as far as the picture goes.
        Assert.Equal(new[] { wrong, twice }.Select(s => $"frames/{s}.jpg").ToHashSet(), zip.Entries.Select(e => e.FullName).Where(n => n.StartsWith("frames/", StringComparison.Ordinal)).ToHashSet());
        Assert.Equal([80, 20, 80, 20], BoxIn(coco, $"frames/{wrong}.jpg"));

        // A training sees everything but the hold-out.
        using var folder = new TemporaryDirectory();
        await host.Core.Services.GetRequiredService<Datasets>().WriteAsync(frozen.Digest, folder.Path, Token);
        Assert.Equal(4 - frozen.Counts.HoldOut, (await File.ReadAllLinesAsync(Path.Combine(folder.Path, "items.csv"), Token)).Length - 1);

        var objects = host.Core.Services.GetRequiredService<IObjectStore>();
        Assert.Equal(2, await new LearningErasure(host.Core.Postgres.DataSource, objects).RunAsync("LN03AAA", Token));
        Assert.Equal(2, (await GetAsync<ModelsView>("/api/models")).Datasets.Single().Erased);
        Assert.Equal(0L, await host.Core.Postgres.ScalarAsync<long>("select count(*) from learning_items where plate = 'LN03AAA'"));
        Assert.Equal(3, await objects.ListAsync(LearningPatches.Prefix, Token).CountAsync(Token));

        // A decision that is taken back takes its pictures with it.
        await DecideAsync(wrong, "no-plate", null);
        await CoreHost.UntilAsync(async () => await objects.ListAsync(LearningPatches.Prefix, Token).CountAsync(Token) == 1, "its pictures are gone");
    }

    private static double[] BoxIn(JsonDocument coco, string file)
    {
        var image = coco.RootElement.GetProperty("images").EnumerateArray().Single(i => i.GetProperty("file_name").GetString() == file).GetProperty("id").GetInt32();
        var annotation = coco.RootElement.GetProperty("annotations").EnumerateArray().Single(a => a.GetProperty("image_id").GetInt32() == image);
        return [.. annotation.GetProperty("bbox").EnumerateArray().Select(v => v.GetDouble())];
    }

    // The camera has read the plate surely; a picture of it lies in the object store.
    private async Task<Guid> SeenAsync(string plate, int minute, bool isEvidenceThere = false)
    {
        var sighting = Sighting(plate, Noon.AddMinutes(minute));
        sighting = sighting with { Evidence = Contracts.Sighting.EvidenceKey(sighting.StationId, sighting.CapturedAt, sighting.Id, 0), Box = [300, 20, 80, 20] };
        await PutAsync(Contracts.Sighting.PatchKey(sighting.Evidence), minute, 300, 100);
        if (isEvidenceThere)
        {
            await PutAsync(sighting.Evidence, minute, 640, 360);
        }

        await host.Core.SendAsync(sighting);
        await CoreHost.UntilAsync(async () => (await host.Core.Http.GetAsync($"/api/sightings/{sighting.Id}", Token)).IsSuccessStatusCode, "the sighting");
        return sighting.Id;
    }

    private async Task PutAsync(string key, int minute, int width, int height)
    {
        using var picture = new SKBitmap(width, height);
        picture.Erase(new SKColor((byte)minute, (byte)(minute >> 4), 90));
        using var jpeg = picture.Encode(SKEncodedImageFormat.Jpeg, 90);
        await host.Core.Services.GetRequiredService<IObjectStore>().PutAsync(key, jpeg.ToArray(), "image/jpeg", Token);
    }

    private async Task DecideAsync(Guid sighting, string state, string? plate)
    {
        using var answer = await host.Core.Http.PostAsJsonAsync($"/api/sightings/{sighting}/review", new { state, plate }, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private async Task<T> GetAsync<T>(string path) => (await host.Core.Http.GetFromJsonAsync<T>(path, Token))!;

    private sealed class TemporaryDirectory : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("smartcity-dataset");

        public string Path => _folder.FullName;

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
