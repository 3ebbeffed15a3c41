using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Contracts;
using SmartCity.Edge.Publishing;

namespace SmartCity.System.Tests.Hosting;

/// <summary>The spools of a data folder: what is in them, read from a copy, and some that are filled beforehand.</summary>
internal static class SpoolFolder
{
    private const int AtOnce = 500;

    /// <summary>Sightings of a station's camera at these times; their ids.</summary>
    public static List<Guid> Fill(string data, string station, string camera, IEnumerable<DateTimeOffset> capturedAt)
    {
        using var spool = new Spool(Path.Combine(data, "spool", station), NullLogger.Instance);
        var ids = new List<Guid>();
        foreach (var times in capturedAt.Chunk(AtOnce))
        {
            spool.Append([.. times.Select(time =>
            {
                var at = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
                var sighting = new Sighting { Id = Guid.CreateVersion7(at), CapturedAt = at, StationId = station, CameraId = camera, Plate = string.Create(CultureInfo.InvariantCulture, $"LR{ids.Count % 100:00}ABC"), Confidence = 0.95 };
                ids.Add(sighting.Id);
                return (ReadOnlyMemory<byte>)SpooledSighting.Write(sighting, default(ActivityContext));
            })]);
        }

        return ids;
    }

    /// <summary>How many records of a station's spool its Kafka has acknowledged, as far as the disk has it.</summary>
    public static long Acknowledged(string data, string station)
    {
        var position = Path.Combine(data, "spool", station, "position");
        return File.Exists(position) ? long.Parse(File.ReadAllText(position).Split(' ')[2], CultureInfo.InvariantCulture) : 0;
    }

    public static Task<HashSet<Guid>> IdsAsync(string data) => IdsInAsync(Path.Combine(data, "spool"));

    /// <param name="spools">Folder with a spool for each station.</param>
    public static async Task<HashSet<Guid>> IdsInAsync(string spools)
    {
        var copy = Directory.CreateTempSubdirectory("smartcity-spool-").FullName;
        try
        {
            using (var cp = Process.Start("cp", ["-r", spools, Path.Combine(copy, "spool")]))
            {
                await cp.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            var ids = new HashSet<Guid>();
            foreach (var station in Directory.EnumerateDirectories(Path.Combine(copy, "spool")))
            {
                using var spool = new Spool(station, NullLogger.Instance);
                foreach (var record in spool.From(spool.Start))
                {
                    Assert.True(SpooledSighting.TryRead(record.Payload, out var spooled));
                    ids.Add(spooled.Sighting.Id);
                }
            }

            return ids;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }
}
