using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using SmartCity.Contracts.Api;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.AppHost.Tests;

/// <summary>The AppHost with local infrastructure and one station, started once for all tests: on ports and in a folder of its own, with the dashboard.</summary>
public sealed partial class LocalCity : IAsyncLifetime
{
    public const string Station = "london-a1";

    private const string Key = "a key of the tests that may do everything";
    private static readonly TimeSpan HealthyWithin = TimeSpan.FromMinutes(4);

    private readonly string _data = Directory.CreateTempSubdirectory("smartcity-apphost-").FullName;
    private HttpClient _core = null!;

    public DistributedApplication App { get; private set; } = null!;

    public ResourceNotificationService States => App.Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>What the orchestrator and the resources warned of until every service did its work.</summary>
    public IReadOnlyList<string> FirstWarnings { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SmartCity_AppHost>(
            ["--Infrastructure", "local", "--Edges", "1", "--Data", _data],
            (options, _) => options.DisableDashboard = false,
            TestContext.Current.CancellationToken);
        builder.CreateResourceBuilder<ProjectResource>($"edge-{Station}").WithEnvironment("Edge__SimulationSpeed", "4");
        var core = builder.CreateResourceBuilder<ProjectResource>("core").WithEnvironment("Core__Access__ServiceKeys__2__Name", "tests").WithEnvironment("Core__Access__ServiceKeys__2__Key", Key);
        foreach (var (scope, index) in Scope.All.Select((scope, index) => (scope, index)))
        {
            core.WithEnvironment(string.Create(CultureInfo.InvariantCulture, $"Core__Access__ServiceKeys__2__Scopes__{index}"), scope);
        }

        builder.Services.AddLogging(logging => logging.AddFakeLogging());
        App = await builder.BuildAsync(TestContext.Current.CancellationToken);
        await App.StartAsync(TestContext.Current.CancellationToken);
        await HealthyAsync();
        FirstWarnings = [.. App.Services.GetFakeLogCollector().GetSnapshot().GroupBy(l => l.Category).SelectMany(Warnings)];
        _core = App.CreateHttpClient("core", "http");
        _core.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        _core.DefaultRequestHeaders.Add("Audit-Reason", "a test");
    }

    // Those that only say that the machine is busy are left out; what a warning says stands on the line after its category.
    private static IEnumerable<string> Warnings(IEnumerable<FakeLogRecord> lines)
    {
        var all = lines.ToList();
        return all.Select((line, i) => (Line: line, Next: i + 1 < all.Count ? all[i + 1].Message : ""))
            .Where(l => Warns(l.Line) && !SaysThatItIsBusy().IsMatch($"{l.Line.Message} {l.Next}"))
            .Select(l => $"{l.Line} {l.Next}");
    }

    // What a resource prints comes as information, whatever it says.
    private static bool Warns(FakeLogRecord line) => line.Category switch
    {
        { } category when category.StartsWith("Aspire.", StringComparison.Ordinal) => line.Level >= LogLevel.Warning,
        { } category when category.Contains(".Resources.", StringComparison.Ordinal) => SaysSo().IsMatch(line.Message),
        _ => false,
    };

    [GeneratedRegex(@"\b(warn|fail|crit)\b.{0,12}:|\b(WARNING|ERROR|FATAL|PANIC):")]
    private static partial Regex SaysSo();

    [GeneratedRegex(@"\bwarn\b.*(Microsoft\.AspNetCore\.Server\.Kestrel\[22\]|SmartCity\.Core\.Database\.DatabaseWatch|reports a problem|tries again|\(attempt 1\))", RegexOptions.Singleline)]
    private static partial Regex SaysThatItIsBusy();

    /// <summary>Waits until every service does its work.</summary>
    public async Task HealthyAsync()
    {
        foreach (var service in (string[])["core", "lake", "web", $"edge-{Station}"])
        {
            await States.WaitForResourceHealthyAsync(service, TestContext.Current.CancellationToken).WaitAsync(HealthyWithin, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _core?.Dispose();
        await App.DisposeAsync();
        for (var tries = 0; Directory.Exists(_data); tries++)
        {
            try
            {
                Directory.Delete(_data, recursive: true);
            }
            catch (IOException) when (tries < 20)
            {
                await Task.Delay(500); // one of its processes is still ending
            }
        }
    }

    /// <summary>Ids of the sightings that the core has, as often as it has them.</summary>
    public async Task<List<Guid>> StoredAsync()
    {
        var ids = new List<Guid>();
        string? next = null;
        do
        {
            var page = await _core.GetFromJsonAsync<Page<SightingView>>($"/api/sightings?limit=500{(next is null ? "" : "&after=" + Uri.EscapeDataString(next))}", JsonSerializerOptions.Web, TestContext.Current.CancellationToken);
            ids.AddRange(page!.Items.Select(s => s.Id));
            next = page.Next;
        }
        while (next is not null);
        return ids;
    }

    /// <summary>What the core knows to be wrong at the station.</summary>
    public async Task<IReadOnlyList<string>> ProblemsAsync() =>
        (await _core.GetFromJsonAsync<OpsView>("/api/ops", JsonSerializerOptions.Web, TestContext.Current.CancellationToken))!.Stations.Single(s => s.StationId == Station).Edge.Problems;

    /// <summary>Folder of the edge's spool.</summary>
    public string EdgeSpool => Path.Combine(_data, $"spool-{Station}");

    /// <summary>Ids of the sightings that the edge made.</summary>
    public Task<HashSet<Guid>> MadeAsync() => SpoolFolder.IdsInAsync(EdgeSpool);

    /// <summary>Clicks a command of the dashboard.</summary>
    public async Task ClickAsync(string resource, string command)
    {
        var model = App.Services.GetRequiredService<DistributedApplicationModel>();
        var result = await App.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(model.Resources.Single(r => r.Name == resource), command, TestContext.Current.CancellationToken);
        Assert.True(result.Success, $"{command} of {resource}: {result.Message}");
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds = 120)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds), $"Not after {seconds} s: {what}");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }
}
