using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// The pictures of a station's sightings that wait for the object store, which they reach on their own, after their sightings or before. The
/// first to go when the disk is full: an empty file then stands for a picture that was shed, until the object store has been told. A picture is
/// <c>.new</c> until the record of its sighting is on the disk. Thread-safe.
/// </summary>
internal sealed class SpooledPictures
{
    private const int ShedTogether = 64;
    private const string Ending = ".jpg";
    private const string PatchEnding = ".plate.jpg";
    private const string New = ".new";
    private const string Jpeg = "image/jpeg";
    private static readonly Counter<long> ShedCounter = Telemetry.Meter.CreateCounter<long>("smartcity.spool.pictures_shed", "{picture}", "Evidence pictures shed because the disk is full.");

    private readonly string _stationId;
    private readonly string _folder;
    private readonly long _shedBelow;
    private readonly Func<long> _freeBytes;
    private readonly ILogger _logger;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly Dictionary<PictureName, DateTimeOffset> _unconfirmed = [];
    private long _shed;

    /// <param name="stationId">Whose pictures.</param>
    /// <param name="folder">Where they lie.</param>
    /// <param name="shedBelow">Free bytes under which pictures are not kept.</param>
    /// <param name="freeBytes">Free bytes on the disk.</param>
    /// <param name="logger">Hears of every shed picture.</param>
    public SpooledPictures(string stationId, string folder, long shedBelow, Func<long> freeBytes, TimeProvider time, ILogger logger)
    {
        _stationId = stationId;
        _folder = folder;
        _shedBelow = shedBelow;
        _freeBytes = freeBytes;
        _logger = logger;
        Queue = new PictureQueue(time);
        _tag = new("station", stationId);
        Directory.CreateDirectory(folder);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (file.Name.EndsWith(PatchEnding, StringComparison.Ordinal) || PictureName.Parse(file.Name) is not { } name)
            {
                continue;
            }

            if (file.Name.EndsWith(New, StringComparison.Ordinal))
            {
                _unconfirmed[name] = file.LastWriteTimeUtc;
            }
            else
            {
                Queue.Add(name);
            }
        }
    }

    /// <summary>Those that wait for the object store.</summary>
    public PictureQueue Queue { get; }

    /// <summary>Pictures shed since start.</summary>
    public long Shed => Interlocked.Read(ref _shed);

    /// <summary>Sightings whose pictures an earlier process left without the certainty that they were kept themselves, and when the pictures were written.</summary>
    public IReadOnlyDictionary<PictureName, DateTimeOffset> Unconfirmed => _unconfirmed;

    /// <summary>Keeps the pictures of a sighting on the disk, for <see cref="Confirm"/>; false when they were shed.</summary>
    public async Task<bool> TryKeepAsync(ObservedVehicle vehicle, CancellationToken cancellationToken)
    {
        var name = PictureName.Of(vehicle.Sighting);
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

            await WriteAsync(EvidenceFile(name) + New, evidence, cancellationToken);
            if (vehicle.PatchJpeg is { Length: > 0 } patch)
            {
                await WriteAsync(PatchFile(name) + New, patch, cancellationToken);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Forget(name);
            CountShed(1, e.Message);
            return false;
        }
    }

    /// <summary>The sighting is on the disk: its pictures may go to the object store.</summary>
    /// <param name="wanted">They go before others.</param>
    public void Confirm(PictureName name, bool wanted)
    {
        Move(EvidenceFile(name));
        Move(PatchFile(name));
        if (!File.Exists(EvidenceFile(name)))
        {
            return;
        }

        Queue.Add(name, wanted);
    }

    /// <summary>There is no such sighting: what was kept for it goes.</summary>
    public void Forget(PictureName name)
    {
        File.Delete(PatchFile(name) + New);
        File.Delete(EvidenceFile(name) + New);
    }

    /// <summary>Whether the picture of a sighting was thrown away to make room.</summary>
    public bool IsShed(PictureName name) => new FileInfo(EvidenceFile(name)) is { Exists: true, Length: 0 };

    /// <summary>Puts a sighting's pictures into the object store, or the word that they were shed, and deletes them here.</summary>
    public async Task UploadAsync(PictureName name, IObjectWriter objects, CancellationToken cancellationToken)
    {
        var key = Sighting.EvidenceKey(_stationId, name.CapturedAt, name.Id, name.Revision);
        var (evidence, patch) = (new FileInfo(EvidenceFile(name)), new FileInfo(PatchFile(name)));
        if (evidence is { Exists: true, Length: 0 })
        {
            await objects.PutAsync(Sighting.ShedKey(key), default, "text/plain", cancellationToken);
        }
        else if (evidence.Exists)
        {
            if (patch is { Exists: true, Length: > 0 })
            {
                await objects.PutFileAsync(Sighting.PatchKey(key), patch.FullName, Jpeg, cancellationToken);
            }

            await objects.PutFileAsync(key, evidence.FullName, Jpeg, cancellationToken);
        }

        patch.Delete();
        evidence.Delete();
        Queue.Remove(name);
    }

    /// <summary>Empties the oldest pictures to make room; false when there is none left.</summary>
    public bool ShedOldest()
    {
        // Ids are in the order of time.
        var oldest = new DirectoryInfo(_folder).EnumerateFiles("*" + Ending + "*").Where(f => f.Length > 0).OrderBy(f => f.Name, StringComparer.Ordinal).Take(ShedTogether).ToList();
        foreach (var file in oldest)
        {
            using var picture = file.Open(FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }

        if (oldest.Count > 0)
        {
            CountShed(oldest.Count(f => !f.Name.Contains(PatchEnding, StringComparison.Ordinal)), "sightings need the room");
        }

        return oldest.Count > 0;
    }

    /// <summary>Of what an earlier process left: keeps the pictures of the sightings that are there and deletes the others, which nobody would ever ask for.</summary>
    /// <param name="kept">Which of <see cref="Unconfirmed"/> were found.</param>
    public void Sweep(IReadOnlySet<PictureName> kept)
    {
        foreach (var name in _unconfirmed.Keys)
        {
            if (kept.Contains(name))
            {
                Confirm(name, wanted: false);
            }
            else
            {
                Forget(name);
                _logger.LogWarning("Station {Station}: a picture was left whose sighting {Sighting} was not kept when the process ended; it is deleted.", _stationId, name);
            }
        }

        _unconfirmed.Clear();
        foreach (var patch in new DirectoryInfo(_folder).EnumerateFiles("*" + PatchEnding))
        {
            if (!File.Exists(patch.FullName[..^PatchEnding.Length] + Ending))
            {
                patch.Delete();
            }
        }
    }

    private static async Task WriteAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
        await file.WriteAsync(content, cancellationToken);
        file.Flush(flushToDisk: true);
    }

    private static void Move(string file)
    {
        if (File.Exists(file + New))
        {
            File.Move(file + New, file, overwrite: true);
        }
    }

    private string EvidenceFile(PictureName name) => Path.Combine(_folder, $"{name}{Ending}");

    private string PatchFile(PictureName name) => Path.Combine(_folder, $"{name}{PatchEnding}");

    private void CountShed(int pictures, string why)
    {
        Interlocked.Add(ref _shed, pictures);
        ShedCounter.Add(pictures, _tag);
        _logger.LogError("Station {Station}: {Count} evidence pictures were given up ({Why}). Their sightings are kept. Make room on the disk of {Folder}.", _stationId, pictures, why, _folder);
    }
}
