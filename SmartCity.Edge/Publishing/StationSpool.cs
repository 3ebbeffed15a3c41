using Microsoft.Extensions.Logging;
using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// A station's spool: the log of its sightings, how far it is delivered, what of it goes ahead or again, and the pictures beside it.
/// Appends that come together share one flush. While the disk is full pictures go first; then whoever appends waits: no sighting is thrown away.
/// </summary>
internal sealed class StationSpool : IAsyncDisposable
{
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SemaphoreSlim _pictureArrived = new(0);
    private readonly SpoolAhead _ahead = new();
    private readonly SpoolRepeats _repeats;
    private readonly SpoolWriter _writer;
    private readonly SpoolCursor _cursor;
    private readonly EdgeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SpoolPosition _keptBefore;

    /// <param name="disk">The disk of all spools of the process.</param>
    public StationSpool(string stationId, EdgeOptions options, TimeProvider time, ILogger logger, SpoolDisk disk)
    {
        StationId = stationId;
        _options = options;
        _time = time;
        _logger = logger;
        Folder = Path.GetFullPath(Path.Combine(options.SpoolPath, stationId));
        Log = new Spool(Folder, logger);
        Pictures = new SpooledPictures(stationId, Path.Combine(Folder, "pictures"), options.ShedPicturesBelowBytes, disk.FreeBytes, time, logger);
        Strips = new SpooledStrips(stationId, Path.Combine(Folder, "strips"), options, disk.FreeBytes, logger);
        Stretches = new SpoolStretches(time.GetUtcNow());
        _keptBefore = Log.End;
        _cursor = new SpoolCursor(Path.Combine(Folder, "position"), Log.Start, Log.End);
        _repeats = new SpoolRepeats(Log);
        _writer = new SpoolWriter(stationId, Folder, Log, disk, TryMakeRoom, Written, time, logger);
    }

    public string StationId { get; }

    public string Folder { get; }

    public Spool Log { get; }

    public SpooledPictures Pictures { get; }

    /// <summary>The frames before and after sightings that wait for the core.</summary>
    public SpooledStrips Strips { get; }

    public SpoolStretches Stretches { get; }

    /// <summary>What the core has of this; null until it was asked.</summary>
    public CoreCount? AtCore { get; set; }

    /// <summary>The last offset that Kafka gave, by partition.</summary>
    public Dictionary<int, long> Offsets => _cursor.Acknowledged;

    /// <summary>Everything before this is in Kafka.</summary>
    public SpoolPosition Delivered => _cursor.Position;

    /// <summary>Sightings that are not delivered yet.</summary>
    public long Waiting => Math.Max(0, Log.End.Record - Delivered.Record);

    /// <summary>Sightings that Kafka acknowledged since start, and the newest capture time among them.</summary>
    public (long Count, DateTimeOffset? Newest) Acknowledged { get; private set; }

    /// <summary>What the disk does not take; null when it takes all.</summary>
    public string? Trouble => _writer.Refused ?? (_cursor.Trouble is { } cursor ? $"The position up to which sightings are delivered cannot be written; after a restart some are delivered again: {cursor}" : null);

    /// <summary>Returns when the sighting, and its pictures unless the disk is too full, are on the disk.</summary>
    public async ValueTask AppendAsync(ObservedVehicle vehicle, CancellationToken cancellationToken)
    {
        var sighting = vehicle.Sighting;
        var pictured = sighting.Evidence is not null && sighting.Evidence != vehicle.Corrects?.Evidence;
        if (pictured && !await Pictures.TryKeepAsync(vehicle, cancellationToken))
        {
            (sighting, pictured) = (sighting with { Evidence = null, EvidenceSha256 = null, PatchSha256 = null }, false);
        }

        var payload = SpooledSighting.Write(sighting, vehicle.Trace, vehicle.IsWanted);
        if (payload.Length > SpoolFrame.MaximumPayloadBytes)
        {
            throw new ArgumentException($"Sighting {sighting.Id} has {payload.Length} bytes; at most {SpoolFrame.MaximumPayloadBytes} fit into a record.", nameof(vehicle));
        }

        await _writer.AppendAsync(payload, sighting, vehicle.IsWanted, cancellationToken);
        if (pictured)
        {
            ConfirmPictures(PictureName.Of(sighting), vehicle.IsWanted);
        }
    }

    /// <summary>Waits until there is something to deliver, or for a while.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _arrived.WaitAsync(atMost, cancellationToken);

    /// <summary>Waits until there are pictures to deliver, or for a while.</summary>
    public Task WaitForPicturesAsync(TimeSpan atMost, CancellationToken cancellationToken) => _pictureArrived.WaitAsync(atMost, cancellationToken);

    /// <summary>At start: the wanted vehicles' sightings that are not delivered yet go ahead of the others again.</summary>
    public void FindAhead()
    {
        foreach (var record in Log.From(Delivered).Where(r => r.Payload.AsSpan().IndexOf("\"wanted\":true"u8) >= 0))
        {
            if (SpooledSighting.TryRead(record.Payload, out var spooled) && spooled.Wanted is true)
            {
                _ahead.Add(spooled);
            }
        }
    }

    /// <summary>Up to so many sightings of wanted vehicles that wait, the newest first.</summary>
    public List<SpooledSighting> Ahead(int most) => _ahead.Next(most);

    /// <summary>These were sent before their turn, and are left out when it comes.</summary>
    public void MarkAhead(IReadOnlyList<SpooledSighting> sent) => _ahead.Mark(sent);

    /// <summary>Sends sightings again that the core does not have.</summary>
    public void SendAgain(SpoolAgain again)
    {
        _repeats.Add(again);
        _arrived.Release();
    }

    /// <summary>Up to so many sightings that are to be sent again; empty if there are none. For the one that delivers.</summary>
    public List<SpooledSighting> Again(int most) => _repeats.Next(most);

    /// <summary>Up to so many records that are not delivered yet.</summary>
    public SpoolBatch Undelivered(int most)
    {
        var from = Delivered;
        return new SpoolBatch(from, [.. Log.From(from).Take(most)]);
    }

    /// <summary>Those of a batch that were not sent before their turn.</summary>
    public List<SpooledSighting> InTurn(List<SpooledSighting> batch) => _ahead.InTurn(batch);

    /// <summary>Kafka acknowledged these.</summary>
    public void Sent(IReadOnlyList<SpooledSighting> sent, IEnumerable<(int Partition, long Offset)> acknowledged)
    {
        var now = _time.GetUtcNow();
        foreach (var (partition, offset) in acknowledged)
        {
            _cursor.Acknowledge(partition, offset);
        }

        foreach (var spooled in sent)
        {
            Stretches.Sent(spooled.Sighting.CapturedAt, now);
        }

        var (count, newest) = Acknowledged;
        var latest = sent.Count == 0 ? newest : sent.Max(s => s.Sighting.CapturedAt);
        Acknowledged = (count + sent.Count, newest > latest ? newest : latest);
    }

    /// <summary>All records of a batch are in Kafka.</summary>
    public void MarkDelivered(SpoolBatch batch, IReadOnlyList<SpooledSighting> sightings)
    {
        _cursor.Advance(batch.From, batch.Records[^1].Next);
        _cursor.Keep();
        _ahead.Forget(sightings);
    }

    /// <summary>Delivers everything again that is kept.</summary>
    public void Rewind()
    {
        if (_cursor.Rewind(Log.Start))
        {
            _arrived.Release();
            _logger.LogInformation("Station {Station}: {Count} sightings are delivered again from the spool. The core ignores those that it already has.", StationId, Waiting);
        }
    }

    /// <summary>Kafka has lost what it acknowledged: its offsets begin anew.</summary>
    public void ForgetOffsets() => _cursor.ForgetAcknowledged();

    /// <summary>Counts what the log held at start; what was appended since is counted already.</summary>
    public void CountKept()
    {
        foreach (var record in Log.From(Log.Start).TakeWhile(r => r.At.CompareTo(_keptBefore) < 0))
        {
            if (SpooledSighting.TryRead(record.Payload, out var spooled))
            {
                Stretches.Add(spooled.Sighting, record.At, record.Next);
            }
        }
    }

    /// <summary>The sightings of a stretch, with where they lie.</summary>
    public IEnumerable<Sighting> Of(SpoolStretch stretch) =>
        stretch.Parts.Values.SelectMany(p => _repeats.Read(p.First, p.End)).Select(s => s.Sighting).Where(s => EdgeSightings.StretchOf(s.CapturedAt) == stretch.From);

    /// <summary>At start: what an earlier process left of pictures whose sightings it could not keep any more is deleted.</summary>
    public void SweepPictures()
    {
        var doubtful = Pictures.Unconfirmed;
        var kept = doubtful.Count == 0
            ? []
            : Log.From(Log.WrittenSince(doubtful.Values.Min()))
                .Select(r => SpooledSighting.TryRead(r.Payload, out var spooled) ? spooled.Name : default)
                .Where(doubtful.ContainsKey)
                .ToHashSet();
        Pictures.Sweep(kept);
    }

    /// <summary>Deletes what was delivered and is too old or too much.</summary>
    public void Trim()
    {
        _cursor.Keep();
        var before = _time.GetUtcNow() - _options.SpoolRetention;
        Log.Trim(Delivered, before, _options.SpoolBytes);
        Stretches.Trim(Log.Start.Segment);
    }

    /// <summary>Keeps a record that is no sighting, for a person to look at.</summary>
    public void SetAside(SpoolRecord record)
    {
        var file = Path.Combine(Folder, $"{record.At.Record}.unreadable");
        try
        {
            File.WriteAllBytes(file, record.Payload);
            _logger.LogError("Station {Station}: record {Record} of the spool is not a sighting and is not delivered. It is kept in {File}.", StationId, record.At.Record, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.LogCritical(e, "Station {Station}: record {Record} of the spool is not a sighting and is not delivered. It cannot be written to {File} and stays in the spool until that is trimmed.", StationId, record.At.Record, file);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        Log.Dispose();
        _arrived.Dispose();
        _pictureArrived.Dispose();
        _repeats.Dispose();
    }

    private void Written(IReadOnlyList<WrittenSighting> written)
    {
        foreach (var (payload, sighting, wanted, at, next) in written)
        {
            Stretches.Add(sighting, at, next);
            if (wanted && SpooledSighting.TryRead(payload, out var spooled))
            {
                _ahead.Add(spooled);
            }
        }

        _arrived.Release();
    }

    private void ConfirmPictures(PictureName name, bool wanted)
    {
        try
        {
            Pictures.Confirm(name, wanted);
            _pictureArrived.Release();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.LogError(e, "Station {Station}: the pictures of sighting {Sighting} could not be renamed and wait for the next start.", StationId, name);
        }
    }

    private bool TryMakeRoom()
    {
        try
        {
            return Log.Trim(Delivered, DateTimeOffset.MaxValue, 0) > 0 || Strips.ShedOldest() || Pictures.ShedOldest();
        }
        catch (Exception e)
        {
            _logger.LogCritical(e, "Station {Station}: old records in {Folder} could not be deleted to make room.", StationId, Folder);
            return false;
        }
    }
}

/// <summary>Records, and where the spool stood when they were read.</summary>
internal sealed record SpoolBatch(SpoolPosition From, List<SpoolRecord> Records);

/// <summary>What the core has of a station's spool.</summary>
/// <param name="At">When it was asked.</param>
/// <param name="Kept">Sightings of the spool that Kafka acknowledged.</param>
/// <param name="OnTheWay">Of these, those that the core does not have yet and that may still be on their way.</param>
/// <param name="Missing">Of these, those that the core does not have and that are sent again.</param>
internal sealed record CoreCount(DateTimeOffset At, long Kept, long OnTheWay, long Missing);
