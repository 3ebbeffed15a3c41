namespace SmartCity.Bricks.Tests;

/// <summary>What outlives a process: the outbox and the file of seen events.</summary>
public sealed class KeepingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bricks").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_outbox_sends_what_it_took_in_order_after_a_restart_and_whatever_fails()
    {
        var first = new Outbox<Parcel>(_folder);
        for (var n = 0; n < 3; n++)
        {
            first.Add(Parcels.Event("b", n));
        }

        var again = new Outbox<Parcel>(_folder);
        again.Add(Parcels.Event("b", 3));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var sent = new List<CloudEvent<Parcel>>();
        var failed = 0;
        var running = again.RunAsync(
            async (e, _) =>
            {
                if (failed++ == 1)
                {
                    throw new IOException("The line is dead.");
                }

                sent.Add(e);
                if (sent.Count == 4)
                {
                    await stop.CancelAsync();
                }
            },
            stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(Enumerable.Range(0, 4).Select(n => Parcels.Event("b", n) with { DataContentType = "application/json" }), sent);
        Assert.Equal(0, again.Waiting);
    }

    [Fact]
    public void A_file_of_seen_events_survives_a_kill_in_the_middle_of_a_line()
    {
        var path = Path.Combine(_folder, "seen");
        using (var seen = new SeenFile(path))
        {
            seen.Add("/a", "1");
            seen.Add("/a", "with\ttab");
        }

        File.AppendAllText(path, "/a");
        using (var seen = new SeenFile(path))
        {
            Assert.True(seen.Has("/a", "1") && seen.Has("/a", "with\ttab"));
            Assert.False(seen.Has("/a", "2"));
            seen.Add("/a", "2");
        }

        using var last = new SeenFile(path);
        Assert.True(last.Has("/a", "2"));
    }

    [Fact]
    public void A_file_of_seen_events_stays_small()
    {
        var path = Path.Combine(_folder, "seen");
        using (var seen = new SeenFile(path, most: 10))
        {
            for (var n = 0; n < 95; n++)
            {
                seen.Add("/a", $"{n}");
            }
        }

        Assert.InRange(File.ReadLines(path).Count(), 10, 20);
        using var again = new SeenFile(path, most: 10);
        Assert.True(again.Has("/a", "94") && again.Has("/a", "85"));
        Assert.False(again.Has("/a", "84"));
    }

    [Fact]
    public void A_file_of_seen_events_forgets_what_it_is_told_to()
    {
        var path = Path.Combine(_folder, "seen");
        using (var seen = new SeenFile(path, most: int.MaxValue))
        {
            for (var n = 0; n < 100; n++)
            {
                seen.Add("/a", $"{n}");
            }

            seen.Forget((source, id) => source == "/a" && id is not ("7" or "8"));
            Assert.Equal(2, seen.Count);
            seen.Add("/a", "100");
            Assert.True(seen.Has("/a", "7") && seen.Has("/a", "100"));
            Assert.False(seen.Has("/a", "9"));
        }

        Assert.Equal(["/a\t7", "/a\t8", "/a\t100"], File.ReadAllLines(path));
    }

    [Fact]
    public void A_file_of_seen_events_goes_on_after_the_disk_was_full()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        var path = Path.Combine(_folder, "seen");
        File.CreateSymbolicLink(path + ".new", "/dev/full");
        using (var seen = new SeenFile(path, most: 10))
        {
            Assert.Throws<IOException>(() => AddMany(seen, 0));
            File.Delete(path + ".new");
            AddMany(seen, 100);
        }

        using var again = new SeenFile(path, most: 10);
        Assert.All(Enumerable.Range(191, 9), n => Assert.True(again.Has("/a", $"{n}")));

        static void AddMany(SeenFile seen, int first)
        {
            for (var n = first; n < first + 100; n++)
            {
                seen.Add("/a", $"{n}");
            }
        }
    }

    [Fact]
    public void Half_an_id_is_not_taken_for_another()
    {
        var path = Path.Combine(_folder, "seen");
        File.WriteAllText(path, "/a\t1\n/a\t12");
        using (var seen = new SeenFile(path))
        {
            Assert.True(seen.Has("/a", "1"));
            Assert.False(seen.Has("/a", "12"));
            seen.Add("/a", "123");
        }

        Assert.Equal(["/a\t1", "/a\t123"], File.ReadAllLines(path));
    }
}
