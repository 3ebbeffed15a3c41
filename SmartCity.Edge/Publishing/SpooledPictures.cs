using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// The pictures of a station's sightings that wait for the object store. The first to go when the disk is full:
/// an empty file then stands for a picture that was shed, and its sighting is published without evidence.
/// </summary>
internal sealed class SpooledPictures
{
    private const int ShedTogether = 64;
    private const string Jpeg = "image/jpeg";
    private static readonly Counter<long> ShedCounter = Telemetry.Meter.CreateCounter<long>("smartcity.spool.pictures_shed", "{picture}", "Evidence pictures shed because the disk is full.");

    private readonly string _stationId;
    private readonly string _folder;
    private readonly long _shedBelow;
    private readonly Func<long> _freeBytes;
    private readonly ILogger _logger;
    private readonly KeyValuePair<string, object?> _tag;
    private long _shed;

    /// <param name="stationId">Whose pictures.</param>
    /// <param name="folder">Where they lie.</param>
    /// <param name="shedBelow">Free bytes under which pictures are not kept.</param>
    /// <param name="freeBytes">Free bytes on the disk.</param>
    /// <param name="logger">Hears of every shed picture.</param>
    public SpooledPictures(string stationId, string folder, long shedBelow, Func<long> freeBytes, ILogger logger)
    {
        _stationId = stationId;
        _folder = folder;
        _shedBelow = shedBelow;
        _freeBytes = freeBytes;
        _logger = logger;
        _tag = new("station", stationId);
        Directory.CreateDirectory(folder);
    }

    /// <summary>Pictures shed since start.</summary>
    public long Shed => Interlocked.Read(ref _shed);

    /// <summary>Keeps the pictures of a sighting on the disk; false when they were shed.</summary>
    public async Task<bool> TryKeepAsync(ObservedVehicle vehicle, CancellationToken cancellationToken)
    {
        var id = vehicle.Sighting.Id;
        if (vehicle.EvidenceJpeg is not { Length: > 0 } evidence)
        {
            return false;
        }

        try
        {
            if (_freeBytes() < _shedBelow)
            {
                CountShed(1, $"under {_shedBelow} bytes are free");
                return false;
            }

            await WriteAsync(EvidenceFile(id), evidence, cancellationToken);
            if (vehicle.PatchJpeg is { Length: > 0 } patch)
            {
                await WriteAsync(PatchFile(id), patch, cancellationToken);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Delivered(id);
            CountShed(1, e.Message);
            return false;
        }
    }

    /// <summary>Puts a sighting's pictures into the object store; false when they were shed after the sighting was written.</summary>
    public async Task<bool> UploadAsync(Sighting sighting, string key, IObjectStore objects, CancellationToken cancellationToken)
    {
        var evidence = new FileInfo(EvidenceFile(sighting.Id));
        if (!evidence.Exists)
        {
            // Deleted only after delivery: this is a repetition.
            return true;
        }

        if (evidence.Length == 0)
        {
            return false;
        }

        await objects.PutFileAsync(key, evidence.FullName, Jpeg, cancellationToken);
        if (new FileInfo(PatchFile(sighting.Id)) is { Exists: true, Length: > 0 } patch)
        {
            await objects.PutFileAsync(Sighting.PatchKey(key), patch.FullName, Jpeg, cancellationToken);
        }

        return true;
    }

    /// <summary>The pictures are in the object store. The mark of a shed one stays, for a repetition.</summary>
    public void Delivered(Guid id)
    {
        if (new FileInfo(EvidenceFile(id)) is { Exists: true, Length: > 0 } evidence)
        {
            evidence.Delete();
        }

        File.Delete(PatchFile(id));
    }

    /// <summary>Empties the oldest pictures to make room; false when there is none left.</summary>
    public bool ShedOldest()
    {
        // Ids are in the order of time.
        var oldest = new DirectoryInfo(_folder).EnumerateFiles("*.jpg").Where(f => f.Length > 0).OrderBy(f => f.Name, StringComparer.Ordinal).Take(ShedTogether).ToList();
        foreach (var file in oldest)
        {
            using var picture = file.Open(FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }

        if (oldest.Count > 0)
        {
            CountShed(oldest.Count(f => !f.Name.EndsWith(".plate.jpg", StringComparison.Ordinal)), "sightings need the room");
        }

        return oldest.Count > 0;
    }

    /// <summary>Deletes what is older than any sighting that is kept, and was delivered.</summary>
    public void TrimMarks(DateTimeOffset olderThan)
    {
        foreach (var mark in new DirectoryInfo(_folder).EnumerateFiles("*.jpg").Where(f => f.Length == 0 && f.LastWriteTimeUtc < olderThan.UtcDateTime))
        {
            mark.Delete();
        }
    }

    private static async Task WriteAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true);
        await file.WriteAsync(content, cancellationToken);
        file.Flush(flushToDisk: true);
    }

    private string EvidenceFile(Guid id) => Path.Combine(_folder, $"{id}.jpg");

    private string PatchFile(Guid id) => Path.Combine(_folder, $"{id}.plate.jpg");

    private void CountShed(int pictures, string why)
    {
        Interlocked.Add(ref _shed, pictures);
        ShedCounter.Add(pictures, _tag);
        _logger.LogError("Station {Station}: {Count} evidence pictures were given up ({Why}). Their sightings are kept. Make room on the disk of {Folder}.", _stationId, pictures, why, _folder);
    }
}
