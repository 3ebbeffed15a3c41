using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Edge.Publishing;

namespace SmartCity.System.Tests.Hosting;

/// <summary>Ids of the sightings in the spools of a data folder, read from a copy.</summary>
internal static class SpoolFolder
{
    public static async Task<HashSet<Guid>> IdsAsync(string data)
    {
        var copy = Directory.CreateTempSubdirectory("smartcity-spool-").FullName;
        try
        {
            using (var cp = Process.Start("cp", ["-r", Path.Combine(data, "spool"), copy]))
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
