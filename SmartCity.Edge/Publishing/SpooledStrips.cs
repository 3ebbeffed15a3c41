using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// The strips of a station that wait for the core, a file each: a line of JSON, then the JPEG. They are the least of what an edge keeps, so they are the first to go when the disk is full or
/// too many wait. Thread-safe.
/// </summary>
internal sealed class SpooledStrips(string stationId, string folder, EdgeOptions options, Func<long> freeBytes, ILogger logger)
{
    /// <summary>Strips that may wait on the disk.</summary>
    public const int MostWaiting = 2_000;

    private const int ShedTogether = 64;
    private const string Ending = ".strip";
    private const string New = ".new";
    private static readonly Counter<long> ShedCounter = Telemetry.Meter.CreateCounter<long>("smartcity.spool.strips_shed", "{strip}", "Frames before and after a sighting that were given up because the disk is full or too many wait.");
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _waiting = new(Begin(folder), StringComparer.Ordinal);

    /// <summary>Strips that wait for the core.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Keeps a strip on the disk; false when there is no room for it.</summary>
    public async Task<bool> TryKeepAsync(ObservedStrip strip, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, strip.Strip.Key.Split('/')[^1].Split('.')[0] + Ending);
        try
        {
            if (freeBytes() < options.ShedPicturesBelowBytes)
            {
                CountShed(1, $"under {options.ShedPicturesBelowBytes} bytes are free");
                return false;
            }

            await using (var written = new FileStream(file + New, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await JsonSerializer.SerializeAsync(written, strip.Strip, ContractsJson.Default.EdgeStrip, cancellationToken);
                written.WriteByte((byte)'\n');
                await written.WriteAsync(strip.Jpeg, cancellationToken);
                written.Flush(flushToDisk: true);
            }

            File.Move(file + New, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CountShed(1, e.Message);
            return false;
        }

        lock (_gate)
        {
            _waiting.Add(file);
        }

        while (Waiting > MostWaiting)
        {
            Shed(1, $"{MostWaiting} wait already");
        }

        return true;
    }

    /// <summary>The newest that wait.</summary>
    public List<string> Next(int most)
    {
        lock (_gate)
        {
            return [.. _waiting.Reverse().Take(most)];
        }
    }

    /// <summary>What a file holds; null when that is no strip, which is then deleted.</summary>
    public async Task<ObservedStrip?> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            var content = await File.ReadAllBytesAsync(file, cancellationToken);
            var end = Array.IndexOf(content, (byte)'\n');
            if (end > 0 && JsonSerializer.Deserialize(content.AsSpan(0, end), ContractsJson.Default.EdgeStrip) is { } strip
                && Convert.ToHexStringLower(SHA256.HashData(content.AsSpan(end + 1))) == strip.Sha256)
            {
                return new ObservedStrip(stationId, strip, content[(end + 1)..]);
            }

            logger.LogError("Station {Station}: {File} does not hold the frames before and after a sighting as they were taken. It is deleted.", stationId, file);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            logger.LogError("Station {Station}: the frames before and after a sighting in {File} cannot be read ({Why}). The file is deleted.", stationId, file, e.Message);
        }

        Remove(file);
        return null;
    }

    /// <summary>It was delivered, or is wanted no more.</summary>
    public void Remove(string file)
    {
        lock (_gate)
        {
            _waiting.Remove(file);
        }

        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogError("Station {Station}: {File} cannot be deleted ({Why}). It is looked at again when the edge starts.", stationId, file, e.Message);
        }
    }

    /// <summary>Deletes the oldest to make room; false when there are none.</summary>
    public bool ShedOldest() => Shed(ShedTogether, "sightings need the room");

    private bool Shed(int most, string why)
    {
        List<string> oldest;
        lock (_gate)
        {
            oldest = [.. _waiting.Take(most)];
        }

        oldest.ForEach(Remove);
        if (oldest.Count > 0)
        {
            CountShed(oldest.Count, why);
        }

        return oldest.Count > 0;
    }

    // What was half written when the process ended is nobody's.
    private static IEnumerable<string> Begin(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var half in Directory.EnumerateFiles(folder, "*" + New))
        {
            File.Delete(half);
        }

        return Directory.EnumerateFiles(folder, "*" + Ending);
    }

    private void CountShed(int strips, string why)
    {
        ShedCounter.Add(strips, new KeyValuePair<string, object?>("station", stationId));
        logger.LogWarning("Station {Station}: the frames before and after {Count} sightings were given up ({Why}). The sightings and their pictures are kept.", stationId, strips, why);
    }
}
