using System.Diagnostics;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>The whole loop on one machine: people decide, a reader is trained, judged, signed, shadowed, takes over and is taken back. The training is real and tiny.</summary>
public sealed class LearningLoopTests : IAsyncLifetime
{
    private const string Python = "/usr/bin/python3";

    private readonly TestData _data = new();
    private RunningSystem? _system;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_system is not null)
        {
            await _system.DisposeAsync();
        }

        await _data.DisposeAsync();
    }

    [Fact]
    public async Task What_people_decide_trains_a_reader_that_comes_back_to_the_edge_reads_there_and_can_be_taken_back()
    {
        Assert.SkipUnless(await HasTorchAsync(), "This machine has no Python with PyTorch, OpenCV and ONNX: nothing is trained here.");
        // So small a training proves the way, not the gain: the gates that a few plates would decide by chance are open.
        _system = await RunningSystem.StartAsync(_data.Path, ["--speed", "4"], new Dictionary<string, string>
        {
            ["Core__Models__Interval"] = "00:00:01",
            ["Core__Models__RingTime"] = "00:00:00",
            ["Core__Models__RingReads"] = "1",
            ["Core__Models__Training__Rehearsal"] = "0",
            ["Core__Models__Gates__LeastHoldOut"] = "1",
            ["Core__Models__Gates__MostWrongSureMore"] = "1",
            ["Core__Models__Gates__MostSliceLoss"] = "1",
            ["Core__Models__Gates__MostRenderedLoss"] = "0.1",
            ["Core__Models__Gates__MostCalibrationErrorMore"] = "1",
            ["Core__Models__Gates__MostAbstainedMore"] = "1",
            ["Core__Models__Gates__MostTimes"] = "100",
            ["Edge__Models__ShadowEvery"] = "1",
            ["Edge__Models__ShadowPlates"] = "2",
            ["Edge__Models__MostTimes"] = "100",
        });
        var dataset = await DecidedAsync();
        using var asked = await _system.Http.PostAsJsonAsync("/api/models/trainings", new NewTraining(dataset.Digest, Steps: 2), Token);
        Assert.True(asked.IsSuccessStatusCode, await asked.Content.ReadAsStringAsync(Token));
        await _system.UntilAsync(async () => (await ModelsAsync()).Trainings[0].State is "done" or "failed", "the training is over", 420);
        var run = (await ModelsAsync()).Trainings[0];
        Assert.True(run.State == "done", $"{run.Detail}\n{run.Log}");

        await _system.UntilAsync(async () => (await VersionAsync(run.Version!)).Judgement is not null, "it is judged");
        var version = await VersionAsync(run.Version!);
        Assert.Equal(("own-read-2", "city-read-1", dataset.Digest, true), (version.Manifest.Id, version.Manifest.Lineage.Parent, version.Manifest.Lineage.Dataset, version.IsSigned));
        Assert.True(version.Judgement!.Passed, string.Join('\n', version.Judgement.Gates.Select(g => $"{g.Passed} {g.Name}: {g.Why}")));

        // What was exported from the trained network reads as the shipped one does: a tiny training changes next to nothing.
        Assert.InRange(version.Judgement.Figures.Single(f => f is { Set: "rendered", Slice: "all" }).After.Right, 0.8, 1);
        using var promoted = await _system.Http.PostAsJsonAsync("/api/models/own-read-2/promote", new ModelPromotion(), Token);
        Assert.True(promoted.IsSuccessStatusCode, await promoted.Content.ReadAsStringAsync(Token));
        await _system.UntilAsync(async () => (await ModelsAsync()).Rollouts[0].State is "done" or "rolled-back", "it is everywhere", 180);
        Assert.Equal("done", (await ModelsAsync()).Rollouts[0].State);
        await _system.UntilAsync(async () => (await SightingsAsync()).Any(s => s.ReaderVersion == "own-read-2"), "a sighting that it read");
        Assert.Contains("champion", (await VersionAsync("own-read-2")).Aliases);
        var (status, _, errors) = await RunningSystem.RunAsync(["models", "verify", "--data", _data.Path]);
        Assert.Equal((0, ""), (status, errors));

        using var back = await _system.Http.PostAsync("/api/models/rollouts/reader/rollback", null, Token);
        Assert.True(back.IsSuccessStatusCode, await back.Content.ReadAsStringAsync(Token));
        await _system.UntilAsync(async () => (await ModelsAsync()).Edges.All(e => e.Model.Version == "city-read-1"), "every edge went back");
    }

    // Until there is something to train on and something to judge by: which it is depends on the vehicle.
    private async Task<DatasetView> DecidedAsync()
    {
        var decided = new HashSet<Guid>();
        while (true)
        {
            List<Guid> waiting = [];
            await _system!.UntilAsync(
                async () =>
                {
                    waiting = [.. (await SightingsAsync()).Where(s => s.Plate is not null && !decided.Contains(s.Id)).Select(s => s.Id)];
                    return waiting.Count > 0;
                },
                "a vehicle",
                120);
            foreach (var sighting in waiting)
            {
                decided.Add(sighting);
                using var answer = await _system.Http.PostAsJsonAsync($"/api/sightings/{sighting}/review", new { state = "confirmed" }, Token);
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
            }

            var frozen = await _system.Http.PostAsync("/api/models/datasets", null, Token);
            if (frozen.IsSuccessStatusCode && await frozen.Content.ReadFromJsonAsync<DatasetView>(Token) is { Counts: { Train: > 5, HoldOut: > 0 } } dataset)
            {
                return dataset;
            }
        }
    }

    private async Task<IReadOnlyList<SightingView>> SightingsAsync() => (await _system!.GetAsync<Page<SightingView>>("/api/sightings?limit=100")).Items;

    private Task<ModelsView> ModelsAsync() => _system!.GetAsync<ModelsView>("/api/models");

    private Task<ModelVersionView> VersionAsync(string id) => _system!.GetAsync<ModelVersionView>($"/api/models/{id}");

    private static async Task<bool> HasTorchAsync()
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch, cv2, onnx"]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Token);
        return process.ExitCode == 0;
    }
}
