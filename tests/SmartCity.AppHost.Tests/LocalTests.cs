using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace SmartCity.AppHost.Tests;

/// <summary>What a developer sees of the AppHost on a machine without a container runtime.</summary>
public sealed class LocalTests(LocalCity city) : IClassFixture<LocalCity>
{
    private static readonly string[] Terminal = [KnownResourceStates.Exited, KnownResourceStates.Finished, KnownResourceStates.FailedToStart];

    [Fact]
    public async Task The_console_is_healthy_and_sightings_reach_the_core()
    {
        using var console = city.App.CreateHttpClient("web", "http");
        Assert.Equal(HttpStatusCode.OK, (await console.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Contains("SmartCity", await console.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await LocalCity.UntilAsync(async () => (await city.StoredAsync()).Count > 0, "a sighting at the core");
    }

    [Fact]
    public void A_first_start_warns_of_nothing() => Assert.Empty(city.FirstWarnings);

    [Fact]
    public async Task The_dashboard_answers()
    {
        var urls = city.States.TryGetCurrentState("aspire-dashboard", out var dashboard) ? dashboard.Snapshot.Urls : [];
        using var http = new HttpClient();
        var page = await http.GetStringAsync(urls.First(u => u.Name is "http" or "https").Url, TestContext.Current.CancellationToken);
        Assert.Contains("Aspire", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sightings_wait_at_the_station_while_the_link_is_cut_and_all_arrive_once_when_it_is_restored()
    {
        await city.ClickAsync("mirror", "cut-link");
        await city.States.WaitForResourceAsync("mirror", Terminal, TestContext.Current.CancellationToken);
        List<Guid> before = [];
        await LocalCity.UntilAsync(
            async () =>
            {
                before = await city.StoredAsync();
                await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
                return (await city.StoredAsync()).Count == before.Count;
            },
            "what was on its way when the link was cut is stored");
        var waiting = new HashSet<Guid>();
        await LocalCity.UntilAsync(
            async () =>
            {
                waiting = [.. (await city.MadeAsync()).Except(before)];
                return waiting.Count >= 3;
            },
            "three sightings that wait at the station");
        Assert.Empty((await city.StoredAsync()).Except(before)); // cut is cut

        await city.ClickAsync("mirror", "restore-link");
        await LocalCity.UntilAsync(async () => waiting.IsSubsetOf(await city.StoredAsync()), "the core has every sighting that waited");
        var stored = await city.StoredAsync();
        Assert.Equal(stored.Count, stored.Distinct().Count());
    }

    [Fact]
    public async Task An_edge_that_was_killed_is_started_again_and_goes_on_with_nothing_lost()
    {
        var edge = $"edge-{LocalCity.Station}";
        await LocalCity.UntilAsync(async () => (await city.MadeAsync()).Count > 0, "a sighting at the station");
        Assert.True(city.States.TryGetCurrentState(edge, out var running));
        using var process = Process.GetProcessById(Convert.ToInt32(running.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value, CultureInfo.InvariantCulture));
        Assert.Contains("SmartCity.Edge.dll", await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        process.Kill();
        await city.States.WaitForResourceAsync(edge, Terminal, TestContext.Current.CancellationToken);
        var before = await city.MadeAsync();

        await city.ClickAsync(edge, KnownResourceCommands.StartCommand);
        await city.States.WaitForResourceHealthyAsync(edge, TestContext.Current.CancellationToken);
        await LocalCity.UntilAsync(async () => (await city.MadeAsync()).Except(before).Any(), "a new sighting at the station");
        var made = await city.MadeAsync();
        await LocalCity.UntilAsync(async () => made.IsSubsetOf(await city.StoredAsync()), "the core has every sighting of before and after");
    }

    [Fact]
    public async Task A_station_whose_disk_is_full_keeps_its_sightings_and_writes_them_when_there_is_room()
    {
        var edge = $"edge-{LocalCity.Station}";
        await city.ClickAsync(edge, "fill-disk");
        await LocalCity.UntilAsync(async () => (await city.ProblemsAsync()).Any(p => p.Contains("sightings cannot be written to the spool", StringComparison.Ordinal)), "the core knows that the station's disk is full");
        var before = await city.MadeAsync();

        await city.ClickAsync(edge, "empty-disk");
        await LocalCity.UntilAsync(async () => (await city.MadeAsync()).Except(before).Any(), "what waited is in the spool");
        var made = await city.MadeAsync();
        await LocalCity.UntilAsync(async () => made.IsSubsetOf(await city.StoredAsync()), "the core has every sighting");
    }

    [Fact]
    public async Task Reset_data_begins_anew()
    {
        await LocalCity.UntilAsync(async () => (await city.StoredAsync()).Count > 0, "a sighting at the core");
        var before = await city.StoredAsync();

        await city.ClickAsync("core", "reset-data");
        await city.HealthyAsync();
        await LocalCity.UntilAsync(async () => (await city.StoredAsync()).Count > 0, "a new sighting at the core", 240);
        Assert.Empty((await city.StoredAsync()).Intersect(before));
    }

    [Fact]
    public async Task An_analyst_asks_the_city_by_SQL()
    {
        var address = city.App.GetEndpoint("lake", "sql");
        var model = city.App.Services.GetRequiredService<DistributedApplicationModel>();
        var password = await model.Resources.OfType<ParameterResource>().Single(p => p.Name == "analyst-password").GetValueAsync(TestContext.Current.CancellationToken);
        var connection = new NpgsqlConnectionStringBuilder { Host = address.Host, Port = address.Port, Username = "analyst", Password = password, Database = "smartcity" };
        await using var dataSource = NpgsqlDataSource.Create(connection);
        await using var stations = dataSource.CreateCommand("select count(*) from city.live_stations");
        Assert.True((long)(await stations.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0);
        await using var lake = dataSource.CreateCommand("select count(*) from city.sightings");
        Assert.NotNull(await lake.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_dashboard_names_what_is_shown()
    {
        Assert.Contains(Urls("lake"), u => u.DisplayProperties.DisplayName == "SQL");
        Assert.Contains(Urls("web"), u => u.DisplayProperties.DisplayName == "Console");
        Assert.Contains(Urls("core"), u => u.DisplayProperties.DisplayName == "API");
        foreach (var child in (string[])[$"edge-{LocalCity.Station}", $"edge-kafka-{LocalCity.Station}"])
        {
            Assert.True(city.States.TryGetCurrentState(child, out var state));
            Assert.Contains(state.Snapshot.Relationships, r => r.Type == "Parent" && r.ResourceName == LocalCity.Station);
        }
    }

    private IEnumerable<UrlSnapshot> Urls(string resource) => city.States.TryGetCurrentState(resource, out var state) ? state.Snapshot.Urls : [];
}
