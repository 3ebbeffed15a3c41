using System.Globalization;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;

namespace SmartCity.Core.Ops;

/// <summary>What the figures mean: when a part of the pipeline is healthy, degraded or failed, and why, in words for whoever is on duty.</summary>
internal static class OpsRules
{
    public const string Healthy = "healthy";
    public const string Degraded = "degraded";
    public const string Failed = "failed";
    public const string Unknown = "unknown";

    /// <summary>An edge that has not been heard of for so long is down.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>up (a heartbeat within 30 s), down, or unknown (never heard).</summary>
    public static string Station(StationHeartbeat? beat, DateTimeOffset now) => beat is null ? Unknown : now - beat.At <= Silence ? "up" : "down";

    /// <summary>For so long a station that spoke for another one is shown as failed, unless somebody deals with its dead letters.</summary>
    public static readonly TimeSpan ForgedShown = TimeSpan.FromDays(7);

    /// <summary>A core that is so far behind a station's Kafka shows yesterday's news.</summary>
    public static readonly TimeSpan Behind = TimeSpan.FromMinutes(1);

    /// <summary>A camera that streams and has sent no frame for so long is in trouble.</summary>
    private static readonly TimeSpan NoFrame = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SlowLink = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongTransaction = TimeSpan.FromMinutes(5);
    private const long LowDisk = 1_000_000_000;
    private const double LowDiskShare = 0.05;
    private const double ManyConnections = 0.9;
    private const long ManyWait = 10_000;

    /// <summary>Order of states, worst first.</summary>
    public static int Rank(string state) => state switch { Failed => 0, Degraded => 1, Unknown => 2, _ => 3 };

    /// <summary>The worst of the three parts of a station.</summary>
    public static int Rank(StationStatus station) => Math.Min(Rank(station.Edge.State), Math.Min(Rank(station.EdgeKafka.State), Rank(station.Mirror.State)));

    public static NodeState Edge(StationHeartbeat? beat, DateTimeOffset now)
    {
        if (beat is null)
        {
            return new NodeState(Unknown, ["It has never sent a heartbeat."]);
        }

        if (now - beat.At > Silence)
        {
            return new NodeState(Failed, [Text($"Its last heartbeat is {Age(now - beat.At)} old.")]);
        }

        var problems = new List<string>(beat.Problems);
        var lost = beat.Cameras.Where(c => c.State == "lost" || c is { State: "connecting", Error: not null }).ToList();
        if (lost.Count > 0)
        {
            problems.Add(Text($"{lost.Count} of {beat.Cameras.Count} cameras send no pictures: {string.Join(", ", lost.Select(c => c.CameraId))}."));
        }

        var failing = beat.Cameras.Where(c => c.State == "failing").ToList();
        if (failing.Count > 0)
        {
            problems.Add(Text($"The pictures of {failing.Count} of {beat.Cameras.Count} cameras cannot be read: {string.Join(", ", failing.Select(c => c.CameraId))}."));
        }

        if (beat.DiskFreeBytes < LowDisk)
        {
            problems.Add(Text($"Its disk has {beat.DiskFreeBytes / 1e6:0} MB left. When it is full, evidence pictures are deleted first and sightings last."));
        }

        if (beat.Clock is { Synchronised: false } clock)
        {
            problems.Add(Text($"Its clock is not synchronised ({clock.Source}{(clock.OffsetMilliseconds is { } off ? Text($", {off:0} ms off") : "")}). Charges from its sightings wait for a person."));
        }

        if (beat.SpoolDepth > ManyWait)
        {
            problems.Add(Text($"{beat.SpoolDepth} sightings wait in its spool."));
        }

        if (beat.Hotlist?.Error is { } hotlist)
        {
            problems.Add(hotlist);
        }

        problems.AddRange((beat.Models ?? []).Where(m => m.Phase == ModelPhase.Refused).Select(m => $"It does not read with {m.Candidate}, but with {m.Version}: {m.Reason}"));
        return State(problems, beat.Cameras.Count > 0 && beat.Cameras.All(c => c.State is "lost" or "failing"));
    }

    /// <summary>A station whose credentials were used to speak for another station has failed, whatever else it says: somebody may have its computer.</summary>
    /// <param name="records">Sightings of the last days that claimed to be another station's and that nobody has looked at.</param>
    /// <param name="heartbeats">Whether heartbeats did.</param>
    public static NodeState Forged(NodeState edge, long records, bool heartbeats) => records == 0 && !heartbeats
        ? edge
        : new NodeState(Failed, [
            (records > 0 ? Text($"Its credentials brought {records} sightings that claim to be another station's; they are dead letters.") : "Its credentials brought heartbeats that claim to be another station's; they are ignored.")
                + " Somebody may have its computer: revoke its Kafka user and its API key, look at the computer, then discard the dead letters.",
            .. edge.Problems]);

    public static NodeState EdgeKafka(StationHeartbeat? beat, DateTimeOffset now) =>
        beat?.Kafka is not { } kafka ? new NodeState(Unknown, [beat is null ? "Its edge has never sent a heartbeat." : "Its edge's heartbeat does not say."])
        : now - beat.At > Silence ? new NodeState(Unknown, ["Its edge sends no heartbeats."])
        : kafka.Error is { } error ? new NodeState(Failed, [error])
        : new NodeState(Healthy, []);

    /// <param name="delay">Of the newest heartbeat.</param>
    /// <param name="behind">The newest sighting of the core behind the newest of the station's Kafka.</param>
    /// <param name="waiting">Records that the core has and has not stored: then it is the core that is behind.</param>
    /// <param name="missing">What has not arrived at all; null when nothing is missing.</param>
    public static NodeState Mirror(StationHeartbeat? beat, TimeSpan? delay, TimeSpan? behind, long waiting, MissingHours? missing, DateTimeOffset now)
    {
        List<string> problems = missing is null ? [] : [missing.Sentence];
        if (beat is null || now - beat.At > Silence)
        {
            return new NodeState(missing is null ? Unknown : Degraded, [.. problems, "Nothing arrives from the station, so its state is not known."]);
        }

        if (beat.Mirror?.Error is { } error)
        {
            problems.Add(error);
        }

        if (beat.Mirror?.Lag > ManyWait)
        {
            problems.Add(Text($"{beat.Mirror.Lag} records wait to be carried to the core."));
        }

        if (delay > SlowLink)
        {
            problems.Add(Text($"The edge's last heartbeat took {Age(delay.Value)} to reach the core."));
        }

        if (behind > Behind && waiting == 0)
        {
            problems.Add(Text($"The core is {Age(behind.Value)} behind the station's Kafka."));
        }

        return State(problems);
    }

    public static NodeState Kafka(KafkaMeasurement? newest, string? error)
    {
        if (error is not null)
        {
            return new NodeState(Failed, [error]);
        }

        if (newest is null)
        {
            return new NodeState(Unknown, ["Not measured yet."]);
        }

        var under = newest.Topics.Where(t => t.UnderReplicated > 0).ToList();
        return State(under.ConvertAll(t => Text($"{t.UnderReplicated} of {t.Partitions} partitions of {t.Name} have fewer replicas in sync than they should.")));
    }

    public static NodeState Core(IEnumerable<WorkerStatus> workers, long lag)
    {
        var bad = workers.Where(w => w.State is Failed or Degraded).ToList();
        var problems = bad.ConvertAll(w => $"{w.Name}: {w.Detail}");
        if (lag > ManyWait)
        {
            problems.Add(Text($"{lag} records wait in Kafka to be stored."));
        }

        return State(problems, bad.Exists(w => w.State == Failed));
    }

    public static NodeState Database(DatabaseMeasurement? newest, string? error)
    {
        if (error is not null)
        {
            return new NodeState(Failed, [error]);
        }

        if (newest is null)
        {
            return new NodeState(Unknown, ["Not measured yet."]);
        }

        var problems = new List<string>();
        if (newest.Connections > ManyConnections * newest.MaximumConnections)
        {
            problems.Add(Text($"{newest.Connections} of {newest.MaximumConnections} connections are in use."));
        }

        if (newest.OldestTransactionSeconds > LongTransaction.TotalSeconds)
        {
            problems.Add(Text($"A transaction has been open for {Age(TimeSpan.FromSeconds(newest.OldestTransactionSeconds.Value))}."));
        }

        return State(problems);
    }

    public static NodeState Storage(DiskStatus? disk, string? error, WorkerStatus? archive, int changedPictures = 0)
    {
        if (error is not null)
        {
            return new NodeState(Failed, [error]);
        }

        var problems = new List<string>();
        if (disk is not null && (disk.FreeBytes < LowDisk || disk.FreeBytes < LowDiskShare * disk.TotalBytes))
        {
            problems.Add(Text($"The disk of {disk.Path} has {disk.FreeBytes / 1e9:0.0} GB left of {disk.TotalBytes / 1e9:0.0}."));
        }

        if (changedPictures > 0)
        {
            problems.Add(Text($"{changedPictures} pictures in the object store are not those that the cameras took. The audit names them (evidence.changed)."));
        }

        if (archive is { State: Failed or Degraded })
        {
            problems.Add($"archive: {archive.Detail}");
        }

        return State(problems, archive?.State == Failed);
    }

    /// <summary>How a camera is and, when that is not healthy, why. A street may be empty for a while; a camera that connects for the first time is not in trouble.</summary>
    public static (string Health, string? Why) Camera(CameraHeartbeat? beat, StationHeartbeat? station, DateTimeOffset now) => (beat, station) switch
    {
        (null, _) or (_, null) => (Unknown, null),
        _ when now - station.At > Silence => (Failed, Text($"Its edge has sent no heartbeat for {Age(now - station.At)}.")),
        _ when beat.State == "lost" => (Failed, beat.Error ?? "Its stream is lost. The edge tries to reconnect."),
        _ when beat.State == "failing" => (Failed, beat.Error ?? "Its pictures cannot be read. The edge tries again."),
        _ when beat.State == "connecting" => beat.Error is { } error ? (Degraded, error) : (Unknown, null),
        _ when beat.State != "streaming" => (Unknown, beat.Error),
        _ when beat.FramesPerSecond > 0 => (Healthy, beat.Error),
        _ when beat.PictureAt is null => (Unknown, "No frame has come yet."),
        _ when now - beat.PictureAt > NoFrame => (Degraded, Text($"No frame for {Age(now - beat.PictureAt.Value)}.")),
        _ => (Healthy, beat.Error),
    };

    private static NodeState State(List<string> problems, bool failed = false) => new(failed ? Failed : problems.Count > 0 ? Degraded : Healthy, problems);

    private static string Age(TimeSpan age) =>
        age.TotalSeconds < 120 ? Text($"{age.TotalSeconds:0} s") : age.TotalMinutes < 120 ? Text($"{age.TotalMinutes:0} min") : age.TotalHours < 48 ? Text($"{age.TotalHours:0} h") : Text($"{age.TotalDays:0} days");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
