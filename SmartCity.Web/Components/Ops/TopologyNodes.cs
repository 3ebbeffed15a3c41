using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using static SmartCity.Web.Components.Ops.OpsText;

namespace SmartCity.Web.Components.Ops;

/// <summary>From the core's answer to what the topology draws.</summary>
internal static class TopologyNodes
{
    public static TopologyRow Row(StationStatus station, DateTimeOffset now) => new(station, Edge(station, now), Kafka(station), Mirror(station), (station.Heartbeat?.SightingsPerSecond ?? 0) > 0 || station.SightingsLastMinute > 0);

    public static TopologyNode CoreKafka(OpsView ops)
    {
        var kafka = ops.Kafka;
        return new TopologyNode(
            "core-kafka", "Core Kafka", "", kafka.Node,
            [PerSecond(kafka.RecordsPerSecond), $"{Count(ops.Core.Lag)} waiting", kafka.MeasuredAt is null ? NotMeasured : $"{Count(kafka.Topics.Sum(t => t.Records))} kept"],
            [
                new("Brokers", kafka.MeasuredAt is null ? NotMeasured : Count((long)kafka.Brokers)),
                new("Topics", kafka.MeasuredAt is null ? NotMeasured : Count((long)kafka.Topics.Count)),
                new("Records kept", kafka.MeasuredAt is null ? NotMeasured : Count(kafka.Topics.Sum(t => t.Records))),
                new("Written", PerSecond(kafka.RecordsPerSecond)),
                new("Waiting for the core", Count(ops.Core.Lag)),
                new("CPU and memory", "not measured: Kafka's own metrics have them"),
                new("Measured", NotMeasured, kafka.MeasuredAt),
            ],
            ops.Core.Service);
    }

    public static TopologyNode Core(OpsView ops)
    {
        var core = ops.Core;
        return new TopologyNode(
            "core", "Core", "", core.Node,
            [
                $"CPU {Percent(core.CpuPercent)}", $"memory {Bytes(core.ResidentBytes)}", $"{PerSecond(core.SightingsPerSecond)} stored, {Count(core.Lag)} wait",
                $"newest {Ago(core.NewestSighting, ops.At)}", $"in {Milliseconds(core.CaptureToStoredP50)} from capture",
            ],
            [
                new("CPU", $"{Percent(core.CpuPercent)} of one core"),
                new("Memory", Bytes(core.ResidentBytes)),
                new("Stored", PerSecond(core.SightingsPerSecond)),
                new("Lag", $"{Count(core.Lag)} records"),
                new("Newest sighting", "none yet", core.NewestSighting),
                new("Capture to stored", $"{Milliseconds(core.CaptureToStoredP50)} p50, {Milliseconds(core.CaptureToStoredP99)} p99"),
                new("Sightings", $"{Count(core.SightingsStored)} stored, {Count(core.Duplicates)} duplicates"),
                new("Dead letters", $"{Count(core.DeadLetters)} wait"),
                new("Alerts", $"{Count(core.AlertsRaised)} since start"),
            ],
            core.Service);
    }

    public static TopologyNode Postgres(OpsView ops)
    {
        var database = ops.Database;
        return new TopologyNode(
            "postgres", "Postgres", "", database.Node,
            database.MeasuredAt is null ? [NotMeasured] : [Bytes(database.SizeBytes), $"{database.Connections} of {database.MaximumConnections} connections"],
            [
                new("Version", database.Version ?? NotMeasured),
                new("Size", database.MeasuredAt is null ? NotMeasured : Bytes(database.SizeBytes)),
                new("Connections", database.MeasuredAt is null ? NotMeasured : $"{database.Connections} of {database.MaximumConnections}"),
                new("Oldest transaction", database.MeasuredAt is null ? NotMeasured : database.OldestTransactionSeconds is { } oldest ? Age(TimeSpan.FromSeconds(oldest)) : "none open"),
                new("Transactions", PerSecond(database.TransactionsPerSecond)),
                new("Found in memory", Share(database.CacheHits)),
                new("CPU and memory", "not measured: the server's own metrics have them"),
                new("Measured", NotMeasured, database.MeasuredAt),
            ],
            ops.Core.Service);
    }

    public static TopologyNode Storage(OpsView ops)
    {
        var storage = ops.Storage;
        return new TopologyNode(
            "storage", "Archive", storage.Kind == "s3" ? "S3" : "folder", storage.Node,
            [
                storage.MeasuredAt is null ? "not counted yet" : Bytes(storage.Objects.Sum(o => o.Bytes)), $"{Count(ops.Core.ArchiveWaiting)} rows wait",
                storage.Disk is { } space ? $"{Bytes(space.FreeBytes)} free" : "space not measured",
            ],
            [
                .. storage.Objects.Select(o => new Figure(o.Prefix, $"{Count(o.Objects)} objects, {Bytes(o.Bytes)}")),
                new("Archived", $"{Count(ops.Core.ArchivedRows)} sightings in {Count(ops.Core.ArchivedObjects)} objects, {Bytes(ops.Core.ArchivedBytes)}"),
                new("Waiting", $"{Count(ops.Core.ArchiveWaiting)} sightings"),
                new("Last object", "none yet", storage.ArchivedAt),
                new("Disk", storage.Disk is { } disk ? $"{Bytes(disk.FreeBytes)} of {Bytes(disk.TotalBytes)} free at {disk.Path}" : NotMeasured),
                new("Counted", "not yet", storage.MeasuredAt),
            ],
            ops.Core.Service);
    }

    private static TopologyNode Edge(StationStatus station, DateTimeOffset now)
    {
        var beat = station.Heartbeat;
        return new TopologyNode(
            $"edge/{station.StationId}", "Edge", station.Name ?? station.StationId, station.Edge,
            beat is null ? ["no heartbeat yet"] : [$"CPU {Percent(beat.CpuPercent)} · memory {Bytes(beat.ResidentBytes)}", $"{PerSecond(beat.SightingsPerSecond)} · newest {Ago(station.NewestSighting, now)}"],
            beat is null
                ? [new("Station", station.StationId), new("Newest sighting stored", "none", station.NewestSighting)]
                :
                [
                    new("Station", station.StationId),
                    new("Reported", null, beat.At),
                    new("CPU of its process", $"{Percent(beat.CpuPercent)} of one core"),
                    new("Memory of its process", Bytes(beat.ResidentBytes)),
                    new("Disk free", Bytes(beat.DiskFreeBytes)),
                    .. Clock(beat.Clock),
                    new("Sightings", PerSecond(beat.SightingsPerSecond)),
                    new("Read", beat.ReadRate is null ? "nothing passed" : Share(beat.ReadRate)),
                    new("Spool", $"{Count(beat.SpoolDepth)} sightings wait, {Bytes(beat.SpoolBytes)} kept"),
                    new("Pictures", $"{Count(beat.PicturesWaiting)} wait, {Count(beat.PicturesSetAside)} cannot be stored"),
                    new("At the core", beat.AtCore is { } core ? $"{Count(core.Kept - core.OnTheWay - core.Missing)} of {Count(core.Kept)} sightings kept here, {Count(core.OnTheWay)} on their way, {Count(core.Missing)} missing" : "not compared yet"),
                    new("Pictures deleted to free disk space", Count(beat.PicturesShed)),
                    new("Cameras", $"{beat.Cameras.Count(c => c.State == "streaming")} of {beat.Cameras.Count} stream, {Number(beat.Cameras.Sum(c => c.FramesPerSecond))} frames a second, {Count(beat.Cameras.Sum(c => c.FramesDropped))} dropped"),
                    new("Newest sighting stored", "none", station.NewestSighting),
                    .. Hotlist(beat.Hotlist, now),
                    new("Models", $"{beat.DetectorVersion ?? "?"}, {beat.ReaderVersion ?? "?"} on {beat.Device ?? "?"}"),
                ],
            beat?.Service);
    }

    private static IEnumerable<Figure> Clock(ClockHeartbeat? clock) => clock is null
        ? []
        : [new("Clock", $"{(clock.Synchronised ? "synchronised" : "not synchronised")}{(clock.OffsetMilliseconds is { } off ? $", {Milliseconds(Math.Abs(off))} {(off < 0 ? "behind" : "ahead")}" : "")} ({clock.Source})")];

    // An edge that holds none has nothing to say of it.
    private static IEnumerable<Figure> Hotlist(HotlistHeartbeat? hotlist, DateTimeOffset now) => hotlist is null
        ? []
        :
        [
            new("Hot-list", $"{Count(hotlist.Entries)} entries, {(hotlist.At is { } at ? $"confirmed {Ago(at, now)}" : "the core has not given any yet")}"),
            new("Wanted vehicles", $"{Count(hotlist.Matches)} since start, {Count(hotlist.Waiting)} messages to the site wait"),
        ];

    private static TopologyNode Kafka(StationStatus station)
    {
        var kafka = station.Heartbeat?.Kafka;
        var waiting = station.Heartbeat?.Mirror is { } mirror ? $"{Count(mirror.Lag)} waiting" : kafka is null ? NotMeasured : $"{Count(kafka.Records)} kept";
        return new TopologyNode(
            $"edge-kafka/{station.StationId}", "Kafka", station.Name ?? station.StationId, station.EdgeKafka,
            kafka is null ? [NotMeasured] : [PerSecond(kafka.RecordsPerSecond), waiting],
            [
                new("Taken", PerSecond(kafka?.RecordsPerSecond)),
                new("Records kept", Count(kafka?.Records)),
                new("Written in total", Count(kafka?.End)),
                new("Not yet mirrored", station.Heartbeat?.Mirror is { } own ? Count(own.Lag) : NotMeasured),
                new("Newest sighting in it", NotMeasured, kafka?.Newest),
            ],
            station.Heartbeat?.Service);
    }

    private static TopologyNode Mirror(StationStatus station)
    {
        var mirror = station.Heartbeat?.Mirror;
        var other = station.Heartbeat is not null && mirror is null;
        return new TopologyNode(
            $"mirror/{station.StationId}", other ? "MirrorMaker" : "Mirror", station.Name ?? station.StationId, station.Mirror,
            mirror is null
                ? [PerSecond(station.ArrivingPerSecond), station.BehindSeconds is { } behind ? $"{Number(behind)} s behind" : "lag not measured"]
                : [PerSecond(mirror.RecordsPerSecond), $"lag {Count(mirror.Lag)} · {Milliseconds(mirror.LatencyP50)} old"],
            [
                new("Carried", mirror is null ? NotMeasured : $"{PerSecond(mirror.RecordsPerSecond)}, {Count(mirror.Records)} since start"),
                new("Lag", mirror is null ? NotMeasured : $"{Count(mirror.Lag)} records"),
                new("Edge to core", mirror is null ? NotMeasured : $"{Milliseconds(mirror.LatencyP50)} p50, {Milliseconds(mirror.LatencyP99)} p99"),
                new("Arriving at the core", PerSecond(station.ArrivingPerSecond)),
                new("Core behind its Kafka", station.BehindSeconds is { } seconds ? Age(TimeSpan.FromSeconds(seconds)) : NotMeasured),
                new("Heartbeat delay", station.LinkDelay is null ? NotMeasured : Milliseconds(station.LinkDelay)),
                new("Waiting for the core", Count(station.Lag)),
            ],
            mirror is null ? null : station.Heartbeat?.Service);
    }

    private static string Ago(DateTimeOffset? at, DateTimeOffset now) => at is { } known ? $"{Age(now - known)} ago" : "none";
}
