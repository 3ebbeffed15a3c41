using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Models;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Models;

/// <summary>Trainings that begin by themselves: when enough has come, and at intervals.</summary>
public sealed class TrainingScheduleTests(PostgresServer server)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null, 1_000, 100, false)]
    [InlineData(300, null, 299, 100, false)]
    [InlineData(300, null, 300, 0, true)]
    [InlineData(null, 7, 1, 6, false)]
    [InlineData(null, 7, 1, 7, true)]
    [InlineData(null, 7, 0, 100, false)]
    [InlineData(300, 7, 1, 8, true)]
    [InlineData(300, 7, 300, 1, true)]
    public void One_begins_when_it_is_due_and_there_is_something_new(int? after, int? everyDays, int items, int daysAgo, bool begins)
    {
        var options = new ModelOptions { TrainAfter = after, TrainEvery = everyDays is { } days ? TimeSpan.FromDays(days) : null };

        Assert.Equal(begins, TrainingSchedule.WhyNow(options, items, Now.AddDays(-daysAgo), Now) is not null);
    }

    [Fact]
    public void Where_nobody_has_decided_on_a_reading_none_begins() => Assert.Null(TrainingSchedule.WhyNow(new ModelOptions { TrainEvery = TimeSpan.FromDays(1) }, 0, null, Now));

    [Theory]
    [InlineData("Core:Models:TrainAfter", "2", 2)]
    [InlineData("Core:Models:TrainEvery", "1.00:00:00", 1)]
    public async Task The_core_begins_one_by_itself_and_then_waits_for_more(string setting, string value, int items)
    {
        // What is trained is no matter here.
        var programs = Directory.CreateTempSubdirectory("smartcity-training");
        await File.WriteAllTextAsync(Path.Combine(programs.FullName, "finetune.py"), "exit 1\n", Token);
        await using var core = new CoreHost(server)
        {
            Settings = new()
            {
                [setting] = value,
                ["Core:Models:Interval"] = "00:00:00.100",
                ["Core:Models:Training:Python"] = "/bin/sh",
                ["Core:Models:Training:Programs"] = programs.FullName,
            },
        };
        await core.InitializeAsync();
        for (var i = 0; i < items; i++)
        {
            Assert.Empty(await TrainingsAsync(core));
            await core.Postgres.ExecuteAsync(
                """
                insert into learning_items (sighting_id, captured_at, station_id, camera_id, source, decision, plate, confidence, decided_at, patch_sha256, split, suspect, gathered_at)
                values (gen_random_uuid(), now(), 'london-a1', 'a1-n1', 'review', 'corrected', 'LN01AAA', 0.5, now() - interval '25 hours', 'none', 'train', false, now())
                """);
        }

        await CoreHost.UntilAsync(async () => await TrainingsAsync(core) is [{ State: "failed" }], "one began, and is over");
        Assert.Equal("core", Assert.Single(await TrainingsAsync(core)).StartedBy);
        Assert.Equal(0, (await core.Http.GetFromJsonAsync<ModelsView>("/api/models", Token))!.Learning.New);
        programs.Delete(recursive: true);
    }

    private static async Task<IReadOnlyList<TrainingView>> TrainingsAsync(CoreHost core) => (await core.Http.GetFromJsonAsync<ModelsView>("/api/models", Token))!.Trainings;
}
