using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Edge.Publishing;

namespace SmartCity.System.Tests.Hosting;

/// <summary>Ids of the sightings in the spools of a data folder, read from a copy.</summary>
internal static class SpoolFolder
{
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
