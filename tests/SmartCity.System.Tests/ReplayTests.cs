using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary><c>replay</c>: photographs through the whole pipeline, and again.</summary>
public sealed class ReplayTests
{
    private const int Photographs = 12;

    [Fact]
    public async Task A_second_replay_of_the_same_photographs_changes_no_charge()
    {
        var photographs = Repository.Shared("data", "plates-seed");
        Assert.SkipUnless(Directory.Exists(photographs), $"There are no photographs in {photographs}.");
        await using var data = new TestData();
        var folder = Directory.CreateDirectory(data.Below("photographs")).FullName;
        foreach (var file in Directory.EnumerateFiles(photographs, "*.png").Order(StringComparer.Ordinal).Take(Photographs))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        // On a day that is charged. First somewhere else, to learn the plates; then with their vehicles in the registry.
        folder += "#start=2026-05-04T08:15:00&every=00:01:00";
        var learnt = await PlatesAsync(folder, data.Below("elsewhere"));
        Assert.NotEmpty(learnt);
        await RegisterAsync(learnt, data.Below("replay"));

        var first = await ReplayAsync(folder, data.Below("replay"));
        var second = await ReplayAsync(folder, data.Below("replay"));

        Assert.Equal(Photographs, first.GetProperty("frames").GetInt32());
        Assert.Equal(first.GetProperty("sightings").GetInt64(), first.GetProperty("newSightings").GetInt64());
        Assert.True(first.GetProperty("newCharges").GetInt64() > 0, "The first replay charged nobody.");
        Assert.Equal(0, second.GetProperty("newSightings").GetInt64());
        Assert.Equal(0, second.GetProperty("newCharges").GetInt64());
        Assert.Equal(first.GetProperty("charges").GetRawText(), second.GetProperty("charges").GetRawText());
        Assert.Equal(first.GetProperty("passages").GetInt64(), second.GetProperty("passages").GetInt64());
        Assert.Equal(0, second.GetProperty("deadLetters").GetInt64());
    }

    [Fact]
    public async Task A_damaged_picture_is_named_and_the_rest_is_replayed()
    {
        var photographs = Repository.Shared("data", "plates-seed");
        Assert.SkipUnless(Directory.Exists(photographs), $"There are no photographs in {photographs}.");
        await using var data = new TestData();
        var folder = Directory.CreateDirectory(data.Below("photographs")).FullName;
        File.Copy(Directory.EnumerateFiles(photographs, "*.png").First(), Path.Combine(folder, "good.png"));
        await File.WriteAllTextAsync(Path.Combine(folder, "bad.jpg"), "no picture", TestContext.Current.CancellationToken);

        var (status, output, errors) = await RunningSystem.RunAsync(["replay", folder, "--data", data.Below("replay")]);

        Assert.Equal(1, status);
        Assert.Contains("bad.jpg", errors, StringComparison.Ordinal);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("frames").GetInt32());
    }

    [Fact]
    public async Task A_recording_is_replayed_at_the_time_that_stands_behind_its_path()
    {
        var photographs = Repository.Shared("data", "plates-seed");
        Assert.SkipUnless(Directory.Exists(photographs), $"There are no photographs in {photographs}.");
        await using var data = new TestData();
        var folder = Directory.CreateDirectory(data.Below("photographs")).FullName;
        foreach (var file in Directory.EnumerateFiles(photographs, "*.png").Order(StringComparer.Ordinal).Take(4))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        await ReplayAsync(folder + "#start=2026-05-04T08:15:00&every=00:01:00", data.Below("replay"));
        await using var system = await RunningSystem.StartAsync(data.Below("replay"), ["--stations", "london-a205"]);
        var times = (await system.GetAllAsync<SightingView>("/api/sightings")).Where(s => s.CameraId == "replay").Select(s => s.CapturedAt - new DateTimeOffset(2026, 5, 4, 7, 15, 0, TimeSpan.Zero)).ToList();
        Assert.NotEmpty(times);
        Assert.All(times, t => Assert.True(t >= TimeSpan.Zero && t <= TimeSpan.FromMinutes(3) && t.Ticks % TimeSpan.TicksPerMinute == 0, $"A picture was taken {t} after the start."));

        var (status, _, errors) = await RunningSystem.RunAsync(["replay", folder + "#start=today&every=00:01:00", "--data", data.Below("refused")]);
        Assert.Equal(1, status);
        Assert.Contains("start is 'today'", errors, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> ReplayAsync(string folder, string data)
    {
        var (status, output, errors) = await RunningSystem.RunAsync(["replay", folder, "--data", data]);
        Assert.True(status == 0, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task<List<string>> PlatesAsync(string folder, string data)
    {
        await ReplayAsync(folder, data);
        await using var system = await RunningSystem.StartAsync(data, ["--stations", "london-a205"]);
        return [.. (await system.GetAllAsync<SightingView>("/api/sightings")).Where(s => s.CameraId == "replay").Select(s => s.Plate).OfType<string>().Distinct()];
    }

    private static async Task RegisterAsync(List<string> plates, string data)
    {
        await using var system = await RunningSystem.StartAsync(data, ["--stations", "london-a205"]);
        var csv = new StringBuilder("plate,class,fuel,euro,firstRegistered\n");
        plates.ForEach(p => csv.Append(p).Append(",car,diesel,4,2008-05-01\n"));
        using var content = new StringContent(csv.ToString(), new MediaTypeHeaderValue("text/csv"));
        var answer = await system.Http.PostAsync("/api/vehicles/import", content, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
