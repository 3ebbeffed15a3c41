using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using static SmartCity.Web.Components.Ops.OpsText;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Ops;

/// <summary>From the core's answer to what the topology draws.</summary>
internal static class TopologyNodes
{
    public static TopologyRow Row(StationStatus station, DateTimeOffset now) => new(station, Edge(station, now), Kafka(station), Mirror(station), (station.Heartbeat?.SightingsPerSecond ?? 0) > 0 || station.SightingsLastMinute > 0);

    public static TopologyNode CoreKafka(OpsView ops)
    {
        var kafka = ops.Kafka;
        return new TopologyNode(
            "core-kafka", Say("Core Kafka"), "", kafka.Node,
            [PerSecond(kafka.RecordsPerSecond), Say("{0} waiting", Count(ops.Core.Lag)), kafka.MeasuredAt is null ? NotMeasured : Say("{0} kept", Count(kafka.Topics.Sum(t => t.Records)))],
            [
                new(Say("Brokers"), kafka.MeasuredAt is null ? NotMeasured : Count((long)kafka.Brokers)),
                new(Say("Topics"), kafka.MeasuredAt is null ? NotMeasured : Count((long)kafka.Topics.Count)),
                new(Say("Records kept"), kafka.MeasuredAt is null ? NotMeasured : Count(kafka.Topics.Sum(t => t.Records))),
                new(Say("Written"), PerSecond(kafka.RecordsPerSecond)),
                new(Say("Waiting for the core"), Count(ops.Core.Lag)),
                new(Say("CPU and memory"), Say("not measured: Kafka's own metrics have them")),
                new(Say("Measured"), NotMeasured, kafka.MeasuredAt),
            ],
            ops.Core.Service);
    }

    public static TopologyNode Core(OpsView ops)
    {
        var core = ops.Core;
        return new TopologyNode(
            "core", Say("Core"), "", core.Node,
            [
                $"CPU {Percent(core.CpuPercent)}", Say("memory {0}", Bytes(core.ResidentBytes)), Say("{0} stored, {1} wait", PerSecond(core.SightingsPerSecond), Count(core.Lag)),
                Newest(core.NewestSighting, ops.At), Say("in {0} from capture", Milliseconds(core.CaptureToStoredP50)),
            ],
            [
                new("CPU", Say("{0} of one core", Percent(core.CpuPercent))),
                new(Say("Memory"), Bytes(core.ResidentBytes)),
                new(Say("Stored"), PerSecond(core.SightingsPerSecond)),
                new(Say("Lag"), Say("{0} records", Count(core.Lag))),
                new(Say("Newest sighting"), Say("none yet"), core.NewestSighting),
                new(Say("Capture to stored"), P50AndP99(core.CaptureToStoredP50, core.CaptureToStoredP99)),
                new(Say("Sightings"), Say("{0} stored, {1} duplicates", Count(core.SightingsStored), Count(core.Duplicates))),
                new(Say("Dead letters"), Say("{0} wait", Count(core.DeadLetters))),
                new(Say("Alerts"), Say("{0} since start", Count(core.AlertsRaised))),
            ],
            core.Service);
    }

    public static TopologyNode Postgres(OpsView ops)
    {
        var database = ops.Database;
        return new TopologyNode(
            "postgres", "Postgres", "", database.Node,
            database.MeasuredAt is null ? [NotMeasured] : [Bytes(database.SizeBytes), Say("{0} of {1} connections", database.Connections, database.MaximumConnections)],
            [
                new(Say("Version"), database.Version ?? NotMeasured),
                new(Say("Size"), database.MeasuredAt is null ? NotMeasured : Bytes(database.SizeBytes)),
                new(Say("Connections"), database.MeasuredAt is null ? NotMeasured : Say("{0} of {1}", database.Connections, database.MaximumConnections)),
                new(Say("Oldest transaction"), database.MeasuredAt is null ? NotMeasured : database.OldestTransactionSeconds is { } oldest ? Age(TimeSpan.FromSeconds(oldest)) : Say("none open")),
                new(Say("Transactions"), PerSecond(database.TransactionsPerSecond)),
                new(Say("Found in memory"), Share(database.CacheHits)),
                new(Say("CPU and memory"), Say("not measured: the server's own metrics have them")),
                new(Say("Measured"), NotMeasured, database.MeasuredAt),
            ],
            ops.Core.Service);
    }

    public static TopologyNode Storage(OpsView ops)
    {
        var storage = ops.Storage;
        return new TopologyNode(
            "storage", Say("Archive"), storage.Kind == "s3" ? "S3" : Say("folder"), storage.Node,
            [
                storage.MeasuredAt is null ? Say("not counted yet") : Bytes(storage.Objects.Sum(o => o.Bytes)), Say("{0} rows wait", Count(ops.Core.ArchiveWaiting)),
                storage.Disk is { } space ? Say("{0} free", Bytes(space.FreeBytes)) : Say("space not measured"),
            ],
            [
                .. storage.Objects.Select(o => new Figure(o.Prefix, Say("{0} objects, {1}", Count(o.Objects), Bytes(o.Bytes)))),
                new(Say("Archived"), Say("{0} sightings in {1} objects, {2}", Count(ops.Core.ArchivedRows), Count(ops.Core.ArchivedObjects), Bytes(ops.Core.ArchivedBytes))),
                new(Say("Waiting"), Say("{0} sightings", Count(ops.Core.ArchiveWaiting))),
                new(Say("Last object"), Say("none yet|object"), storage.ArchivedAt),
                new(Say("Disk"), storage.Disk is { } disk ? Say("{0} of {1} free at {2}", Bytes(disk.FreeBytes), Bytes(disk.TotalBytes), disk.Path) : NotMeasured),
                new(Say("Counted"), Say("not yet"), storage.MeasuredAt),
            ],
            ops.Core.Service);
    }

    private static TopologyNode Edge(StationStatus station, DateTimeOffset now)
    {
        var beat = station.Heartbeat;
        return new TopologyNode(
            $"edge/{station.StationId}", Say("Edge"), station.Name ?? station.StationId, station.Edge,
            beat is null ? [Say("no heartbeat yet")] : [Say("CPU {0} · memory {1}", Percent(beat.CpuPercent), Bytes(beat.ResidentBytes)), $"{PerSecond(beat.SightingsPerSecond)} · {Newest(station.NewestSighting, now)}"],
            beat is null
                ? [new(Say("Station"), station.StationId), new(Say("Newest sighting stored"), Say("none|sighting"), station.NewestSighting)]
                :
                [
                    new(Say("Station"), station.StationId),
                    new(Say("Reported"), null, beat.At),
                    new(Say("CPU of its process"), Say("{0} of one core", Percent(beat.CpuPercent))),
                    new(Say("Memory of its process"), Bytes(beat.ResidentBytes)),
                    new(Say("Disk free"), Bytes(beat.DiskFreeBytes)),
                    .. Clock(beat.Clock),
                    new(Say("Sightings"), PerSecond(beat.SightingsPerSecond)),
                    new(Say("Read"), beat.ReadRate is null ? Say("nothing passed") : Share(beat.ReadRate)),
                    new(Say("Spool"), Say("{0} sightings wait, {1} kept", Count(beat.SpoolDepth), Bytes(beat.SpoolBytes))),
                    new(Say("Pictures"), Say("{0} wait, {1} cannot be stored", Count(beat.PicturesWaiting), Count(beat.PicturesSetAside))),
                    new(Say("At the core"), beat.AtCore is { } core ? Say("{0} of {1} sightings kept here, {2} on their way, {3} missing", Count(core.Kept - core.OnTheWay - core.Missing), Count(core.Kept), Count(core.OnTheWay), Count(core.Missing)) : Say("not compared yet")),
                    new(Say("Pictures deleted to free disk space"), Count(beat.PicturesShed)),
                    new(Say("Cameras"), Say("{0} of {1} stream, {2} frames a second, {3} dropped", beat.Cameras.Count(c => c.State == "streaming"), beat.Cameras.Count, Number(beat.Cameras.Sum(c => c.FramesPerSecond)), Count(beat.Cameras.Sum(c => c.FramesDropped)))),
                    new(Say("Newest sighting stored"), Say("none|sighting"), station.NewestSighting),
                    .. Hotlist(beat.Hotlist, now),
                    new(Say("Models"), Say("{0}, {1} on {2}", beat.DetectorVersion ?? "?", beat.ReaderVersion ?? "?", beat.Device ?? "?")),
                ],
            beat?.Service);
    }

    private static IEnumerable<Figure> Clock(ClockHeartbeat? clock)
    {
        if (clock is null)
        {
            return [];
        }

        var state = clock.Synchronised ? Say("synchronised") : Say("not synchronised");
        var off = clock.OffsetMilliseconds is { } known ? known < 0 ? Say("{0} behind", Milliseconds(Math.Abs(known))) : Say("{0} ahead", Milliseconds(Math.Abs(known))) : null;
        return [new(Say("Clock"), off is null ? $"{state} ({clock.Source})" : $"{state}, {off} ({clock.Source})")];
    }

    // An edge that holds none has nothing to say of it.
    private static IEnumerable<Figure> Hotlist(HotlistHeartbeat? hotlist, DateTimeOffset now) => hotlist is null
        ? []
        :
        [
            new(Say("Hot-list"), hotlist.At is { } at ? Say("{0} entries, confirmed {1} ago", Count(hotlist.Entries), Age(now - at)) : Say("{0} entries, the core has not given any yet", Count(hotlist.Entries))),
            new(Say("Wanted vehicles"), Say("{0} since start, {1} messages to the site wait", Count(hotlist.Matches), Count(hotlist.Waiting))),
        ];

    private static TopologyNode Kafka(StationStatus station)
    {
        var kafka = station.Heartbeat?.Kafka;
        var waiting = station.Heartbeat?.Mirror is { } mirror ? Say("{0} waiting", Count(mirror.Lag)) : kafka is null ? NotMeasured : Say("{0} kept", Count(kafka.Records));
        return new TopologyNode(
            $"edge-kafka/{station.StationId}", "Kafka", station.Name ?? station.StationId, station.EdgeKafka,
            kafka is null ? [NotMeasured] : [PerSecond(kafka.RecordsPerSecond), waiting],
            [
                new(Say("Taken"), PerSecond(kafka?.RecordsPerSecond)),
                new(Say("Records kept"), Count(kafka?.Records)),
                new(Say("Written in total"), Count(kafka?.End)),
                new(Say("Not yet mirrored"), station.Heartbeat?.Mirror is { } own ? Count(own.Lag) : NotMeasured),
                new(Say("Newest sighting in it"), NotMeasured, kafka?.Newest),
            ],
            station.Heartbeat?.Service);
    }

    private static TopologyNode Mirror(StationStatus station)
    {
        var mirror = station.Heartbeat?.Mirror;
        var other = station.Heartbeat is not null && mirror is null;
        return new TopologyNode(
            $"mirror/{station.StationId}", other ? "MirrorMaker" : Say("Mirror"), station.Name ?? station.StationId, station.Mirror,
            mirror is null
                ? [PerSecond(station.ArrivingPerSecond), station.BehindSeconds is { } behind ? Say("{0} s behind", Number(behind)) : Say("lag not measured")]
                : [PerSecond(mirror.RecordsPerSecond), Say("lag {0} · {1} old", Count(mirror.Lag), Milliseconds(mirror.LatencyP50))],
            [
                new(Say("Carried"), mirror is null ? NotMeasured : Say("{0}, {1} since start", PerSecond(mirror.RecordsPerSecond), Count(mirror.Records))),
                new(Say("Lag"), mirror is null ? NotMeasured : Say("{0} records", Count(mirror.Lag))),
                new(Say("Edge to core"), mirror is null ? NotMeasured : P50AndP99(mirror.LatencyP50, mirror.LatencyP99)),
                new(Say("Arriving at the core"), PerSecond(station.ArrivingPerSecond)),
                new(Say("Core behind its Kafka"), station.BehindSeconds is { } seconds ? Age(TimeSpan.FromSeconds(seconds)) : NotMeasured),
                new(Say("Heartbeat delay"), station.LinkDelay is null ? NotMeasured : Milliseconds(station.LinkDelay)),
                new(Say("Waiting for the core"), Count(station.Lag)),
            ],
            mirror is null ? null : station.Heartbeat?.Service);
    }

    private static string P50AndP99(double? p50, double? p99) => $"{Milliseconds(p50)} p50, {Milliseconds(p99)} p99";

    private static string Newest(DateTimeOffset? at, DateTimeOffset now) => at is { } known ? Say("newest {0} ago", Age(now - known)) : Say("newest none");
}
