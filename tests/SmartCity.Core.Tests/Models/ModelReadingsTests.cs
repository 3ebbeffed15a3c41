using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Models;
using SmartCity.Core.Tests.Access;
using SmartCity.Edge.Tests.Models;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Models;

/// <summary>Two versions beside one another, plate by plate.</summary>
public sealed class ModelReadingsTests(ModelHost host) : IClassFixture<ModelHost>
{
    private const int Plates = 6;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_version_reads_otherwise_than_the_champion_is_shown_with_its_picture_until_the_vehicle_is_erased()
    {
        var items = await HoldOutAsync();
        var bad = TestModels.Manifest(TestModels.Shuffled(), 95);
        await host.Core.Services.GetRequiredService<ModelRegistry>().ImportAsync(Encoding.UTF8.GetString(bad.ToBytes()), null, TestModels.Shuffled(), "a test", Token);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Core.Http.GetAsync("/api/models/city-read-95/readings", Token)).StatusCode);
        await Caller.ReadAsync<ModelJudgement>(await host.Core.Http.PostAsync("/api/models/city-read-95/judge", null, Token));

        var lost = await ReadingsAsync("lost");
        Assert.Equal((Plates, lost.Readings.Count, 0), (lost.Plates, lost.Lost, lost.Gained));
        Assert.InRange(lost.Lost, 1, Plates);
        Assert.All(lost.Readings, r => Assert.True(r is { BeforeRight: true, AfterRight: false } && items[r.SightingId].Plate == r.Plate, r.ToString()));
        Assert.Empty((await ReadingsAsync("gained")).Readings);
        var all = (await ReadingsAsync("all")).Readings;
        Assert.Equal(Plates, all.Count);
        Assert.Equal(all.Skip(2).Take(3), (await ReadingsAsync("all&skip=2&limit=3")).Readings);
        var one = lost.Readings[0];
        Assert.Equal(items[one.SightingId].Picture, await host.Core.Http.GetByteArrayAsync($"/api/models/items/{one.SightingId}/picture", Token));
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Core.Http.GetAsync("/api/models/city-read-95/readings?which=some", Token)).StatusCode);

        await new LearningErasure(host.Core.Postgres.DataSource, host.Core.Services.GetRequiredService<IObjectStore>()).RunAsync(one.Plate, Token);

        Assert.DoesNotContain((await ReadingsAsync("all")).Readings, r => r.Plate == one.Plate);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Core.Http.GetAsync($"/api/models/items/{one.SightingId}/picture", Token)).StatusCode);
    }

    // Rendered plates stand in for pictures that people have decided on.
    private async Task<Dictionary<Guid, (string Plate, byte[] Picture)>> HoldOutAsync()
    {
        await using var stream = typeof(ModelRegistry).Assembly.GetManifestResourceStream("rendered-plates.zip")!;
        await using var zip = new ZipArchive(stream);
        var items = new Dictionary<Guid, (string, byte[])>();
        await host.Core.Postgres.ExecuteAsync("insert into datasets (digest, created_at, created_by, items, counts) values ('a test''s', now(), 'a test', 6, '{}')");
        foreach (var entry in zip.Entries.Take(Plates))
        {
            using var bytes = new MemoryStream();
            await using (var content = await entry.OpenAsync(Token))
            {
                await content.CopyToAsync(bytes, Token);
            }

            var (id, plate) = (Guid.NewGuid(), Path.GetFileNameWithoutExtension(entry.Name).Split('-')[3]);
            var patch = await LearningPatches.KeepAsync(host.Core.Services.GetRequiredService<IObjectStore>(), bytes.ToArray(), Token);
            await host.Core.Postgres.ExecuteAsync(
                $"""
                insert into learning_items (sighting_id, captured_at, station_id, camera_id, source, decision, plate, confidence, decided_at, patch_sha256, split, suspect, gathered_at)
                values ('{id}', now(), 'london-a1', 'a1-n1', 'review', 'corrected', '{plate}', 0.5, now(), '{patch}', 'hold-out', false, now());
                insert into dataset_items (dataset, sighting_id) values ('a test''s', '{id}');
                """);
            items.Add(id, (plate, bytes.ToArray()));
        }

        return items;
    }

    private async Task<ModelComparison> ReadingsAsync(string which) => (await host.Core.Http.GetFromJsonAsync<ModelComparison>($"/api/models/city-read-95/readings?which={which}", Token))!;
}
