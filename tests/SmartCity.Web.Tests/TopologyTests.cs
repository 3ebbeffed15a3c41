using AngleSharp.Dom;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MudBlazor.Services;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Ops;

namespace SmartCity.Web.Tests;

public sealed class TopologyTests : BunitContext
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 8, 15, 0, TimeSpan.Zero);

    public TopologyTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices(o => o.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton(ConsoleContext.London);
        Services.AddSingleton(Options.Create(new TraceOptions { Address = "http://localhost:18888" }));
    }

    [Fact]
    public void Every_station_is_drawn_with_its_Kafka_and_its_mirror_on_the_way_to_the_core()
    {
        var topology = Draw(Ops(Station("london-a1", "healthy"), Station("london-a3", "healthy")));

        Assert.Equal(2, topology.FindAll(".station-row").Count);
        Assert.Equal(10, topology.FindAll("button.node").Count);
        Assert.Equal(9, topology.FindAll("svg path.link").Count);
        var edge = topology.Find(".of-edge");
        Assert.Contains("CPU 12 % · memory 310 MB", edge.TextContent, StringComparison.Ordinal);
        Assert.Contains("newest 3 s ago", edge.TextContent, StringComparison.Ordinal);
        Assert.Contains("lag 7 · 40 ms old", topology.Find(".of-mirror").TextContent, StringComparison.Ordinal);
        Assert.Contains("2 stations, all healthy", topology.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_is_told_in_words_and_by_a_sign_beside_its_colour()
    {
        var edge = Draw(Ops(Station("london-a1", "failed", "Its last heartbeat is 5 min old."))).Find(".of-edge");

        Assert.Contains("failed", edge.ClassList);
        Assert.Contains("✕ failed", edge.QuerySelector(".node-state")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Its last heartbeat is 5 min old.", edge.TextContent, StringComparison.Ordinal);
        Assert.Equal("Its last heartbeat is 5 min old.", edge.GetAttribute("title"));
    }

    [Fact]
    public void What_has_not_been_heard_of_yet_is_no_trouble_and_what_is_wrong_can_be_read_on_the_card()
    {
        var topology = Draw(Ops(Station("london-a1", "degraded", "1 of 2 cameras send no pictures: a1-n1."), Station("london-a3", "unknown", "It has never sent a heartbeat."), Station("london-a4", "healthy")));

        Assert.Equal("3 stations, 1 with problems, 1 without a heartbeat yet", topology.Find("[role=status]").TextContent);
        Assert.Equal("1 of 2 cameras send no pictures: a1-n1.", topology.FindAll(".of-edge")[0].QuerySelector(".node-problem")!.TextContent);
        Assert.Null(topology.FindAll(".of-edge")[2].QuerySelector(".node-problem"));
    }

    [Fact]
    public void Of_two_hundred_stations_the_broken_ones_are_drawn_first_and_the_healthy_are_folded_until_asked_for()
    {
        StationStatus[] stations = [Station("z-broken", "failed"), .. Enumerable.Range(0, 199).Select(i => Station($"s{i:000}", "healthy"))];
        var topology = Draw(Ops(stations));

        Assert.Equal("Edge z-broken", topology.Find(".of-edge b").TextContent.Trim());
        Assert.Equal(15, topology.FindAll(".of-edge").Count);
        Assert.Contains("185 more stations", topology.Find(".fold").TextContent, StringComparison.Ordinal);

        topology.Find(".fold").Click();
        Assert.Equal(200, topology.FindAll(".of-edge").Count);
    }

    [Fact]
    public void Many_broken_stations_are_all_drawn()
    {
        var topology = Draw(Ops([.. Enumerable.Range(0, 30).Select(i => Station($"b{i:00}", "degraded")), .. Enumerable.Range(0, 30).Select(i => Station($"h{i:00}", "healthy"))]));
        Assert.Equal(30, topology.FindAll(".of-edge").Count);
        Assert.Contains("30 more stations", topology.Find(".fold").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void What_another_mirror_carries_is_not_measured_and_said_to_be_so()
    {
        var station = Station("london-a1", "healthy");
        var ops = Ops(station with { Heartbeat = station.Heartbeat! with { Mirror = null }, BehindSeconds = null, ArrivingPerSecond = null });
        var mirror = Draw(ops).Find(".of-mirror");

        Assert.Contains("MirrorMaker", mirror.TextContent, StringComparison.Ordinal);
        Assert.Contains("lag not measured", mirror.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("0", mirror.TextContent, StringComparison.Ordinal);
        Assert.Contains("london-a1", mirror.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_shows_its_figures_its_problems_and_its_traces()
    {
        var ops = Ops(Station("london-a1", "degraded", "1 of 2 cameras send no pictures: a1-n1."));
        TopologyNode? chosen = null;
        var topology = Render<Topology>(p => p.Add(t => t.Ops, ops).Add(t => t.OnChosen, node => chosen = node));
        topology.Find(".of-edge").Click();

        var panel = Render<NodePanel>(p => p.Add(n => n.Node, chosen!));
        Assert.Equal("1 of 2 cameras send no pictures: a1-n1.", panel.Find(".problems li").TextContent);
        Assert.Equal("http://localhost:18888/traces/resource/edge-london-a1", panel.Find("a.trace-link").GetAttribute("href"));
        Assert.Contains(panel.FindAll("dt"), dt => dt.TextContent == "Disk free" && dt.NextElementSibling!.TextContent.Trim() == "50 GB");
        Assert.Contains(panel.FindAll("dt"), dt => dt.TextContent == "Clock" && dt.NextElementSibling!.TextContent.Trim() == "synchronised, 0.4 ms behind (chrony, from 192.0.2.1)");
        Assert.Contains(panel.FindAll("dt"), dt => dt.TextContent == "Hot-list" && dt.NextElementSibling!.TextContent.Trim() == "1,200 entries, confirmed 30 s ago");
    }

    private IRenderedComponent<Topology> Draw(OpsView ops) => Render<Topology>(p => p.Add(t => t.Ops, ops));

    [Fact]
    public void What_was_not_measured_yet_is_no_figure()
    {
        var ops = Ops(Station("london-a1", "healthy"));
        var never = ops with { Kafka = ops.Kafka with { MeasuredAt = null } };

        var topology = Draw(never);

        foreach (var figure in (string[])["0 kept", "0 of 0 connections"])
        {
            Assert.DoesNotContain(figure, topology.Markup, StringComparison.Ordinal);
        }
    }

    private static OpsView Ops(params StationStatus[] stations)
    {
        var well = new NodeState("healthy", []);
        return new OpsView
        {
            At = At,
            Stations = stations,
            Workers = [],
            Core = new CoreStatus { Node = well, SightingsPerSecond = 2 },
            Kafka = new KafkaStatus { Node = well, MeasuredAt = At, Brokers = 1 },
            Database = new DatabaseStatus { Node = well },
            Storage = new StorageStatus { Node = well, Kind = "folder" },
        };
    }

    private static StationStatus Station(string id, string state, params string[] problems) => new()
    {
        StationId = id,
        State = "up",
        Edge = new NodeState(state, problems),
        EdgeKafka = new NodeState("healthy", []),
        Mirror = new NodeState("healthy", []),
        NewestSighting = At.AddSeconds(-3),
        SightingsLastMinute = 60,
        Heartbeat = new StationHeartbeat
        {
            StationId = id,
            At = At.AddSeconds(-1),
            CpuPercent = 12,
            Clock = new ClockHeartbeat { Synchronised = true, OffsetMilliseconds = -0.4, Source = "chrony, from 192.0.2.1" },
            ResidentBytes = 310_000_000,
            DiskFreeBytes = 50_000_000_000,
            SightingsPerSecond = 1,
            Service = $"edge-{id}",
            Hotlist = new HotlistHeartbeat { Entries = 1_200, At = At.AddSeconds(-30), Matches = 2, Waiting = 1 },
            Kafka = new EdgeKafkaHeartbeat { Records = 5, End = 5, RecordsPerSecond = 1 },
            Mirror = new MirrorHeartbeat { Records = 5, RecordsPerSecond = 1, Lag = 7, LatencyP50 = 40 },
        },
    };
}
