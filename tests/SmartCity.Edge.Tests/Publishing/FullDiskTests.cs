using Microsoft.Extensions.Logging;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Publishing;

public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLogger _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Below_the_limit_pictures_are_shed_loudly_and_the_sighting_is_kept_without_evidence()
    {
        var free = 1_000_000L;
        await using var spool = Open(() => free);
        await spool.AppendAsync(EdgeTransport.Vehicle(0, pictures: true), TestContext.Current.CancellationToken);
        free = 999;
        await spool.AppendAsync(EdgeTransport.Vehicle(1, pictures: true), TestContext.Current.CancellationToken);
        free = 1_000;
        await spool.AppendAsync(EdgeTransport.Vehicle(2, pictures: true), TestContext.Current.CancellationToken);

        var kept = Sightings(spool);
        Assert.Equal([true, false, true], kept.Select(s => s.Sighting.Evidence is not null));
        Assert.Equal(1, spool.Pictures.Shed);
        Assert.Contains(_log.Lines, l => l.Level == LogLevel.Error && l.Text.Contains("pictures were given up", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_a_disk_that_is_really_full_pictures_go_then_sightings_wait_and_none_is_lost()
    {
        var disk = _folder["disk"];
        using var mounted = SmallDisk.Mount(disk);
        await using var spool = Open(() => long.MaxValue, disk);
        var picture = new byte[100_000];
        var count = 0;
        for (; spool.Pictures.Shed == 0; count++)
        {
            Assert.InRange(count, 0, 20);
            await spool.AppendAsync(EdgeTransport.Vehicle(count, pictures: true) with { EvidenceJpeg = picture }, TestContext.Current.CancellationToken);
        }

        Task waiting;
        do
        {
            waiting = spool.AppendAsync(EdgeTransport.Vehicle(count++), TestContext.Current.CancellationToken).AsTask();
            while (await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken)) != waiting && spool.Trouble is null)
            {
            }

            Assert.InRange(count, 0, 50_000);
        }
        while (waiting.IsCompletedSuccessfully);

        Assert.Equal(0, Directory.GetFiles(disk, "*.jpg", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length));
        Assert.Contains("wait", spool.Trouble, StringComparison.Ordinal);
        Assert.Contains(_log.Lines, l => l.Level == LogLevel.Critical);
        Assert.False(waiting.IsCompleted);

        mounted.Grow(4);
        await waiting;

        Assert.Null(spool.Trouble);
        Assert.Equal(Enumerable.Range(0, count).Select(i => EdgeTransport.Start.AddSeconds(i)), Sightings(spool).Select(s => s.Sighting.CapturedAt));
    }

    [Fact]
    public async Task A_spool_that_has_used_its_part_of_the_disk_waits_until_there_is_room()
    {
        await using var spool = Open(() => long.MaxValue, allowed: 20_000_000);
        await spool.AppendAsync(EdgeTransport.Vehicle(0), TestContext.Current.CancellationToken);
        var other = Path.Combine(_folder.Path, "something else");
        await using (var file = new FileStream(other, FileMode.Create))
        {
            file.SetLength(20_000_000);
        }

        var waiting = spool.AppendAsync(EdgeTransport.Vehicle(1), TestContext.Current.CancellationToken).AsTask();
        await Eventually.IsTrue(() => spool.Trouble is not null, "the spool says that it waits for room");

        Assert.Contains("Edge:SpoolDiskBytes", spool.Trouble, StringComparison.Ordinal);
        Assert.False(waiting.IsCompleted);

        File.Delete(other);
        await waiting;
        Assert.Equal(2, Sightings(spool).Count);
    }

    private static List<SpooledSighting> Sightings(StationSpool spool) =>
        spool.Undelivered(int.MaxValue).Records.ConvertAll(r => SpooledSighting.TryRead(r.Payload, out var spooled) ? spooled : throw new InvalidDataException("No sighting."));

    private StationSpool Open(Func<long> free, string? folder = null, long? allowed = null)
    {
        var options = new EdgeOptions { SpoolPath = folder ?? _folder.Path, ShedPicturesBelowBytes = 1_000, SpoolDiskBytes = allowed };
        return new(EdgeTransport.Station, options, TimeProvider.System, _log, new SpoolDisk(options, free));
    }
}
