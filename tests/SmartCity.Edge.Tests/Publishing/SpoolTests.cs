using System.Text;
using Microsoft.Extensions.Logging;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Publishing;

public sealed class SpoolTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLogger _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_come_back_in_order_over_segments_and_reopening()
    {
        using (var spool = Open(segmentBytes: 100))
        {
            Append(spool, 0, 7);
            Append(spool, 7, 20);
        }

        using var again = Open(segmentBytes: 100);
        Append(again, 20, 25);

        Assert.Equal(Texts(0, 25), Read(again, again.Start));
        Assert.True(Directory.GetFiles(_folder.Path, "*.log").Length > 2);
        Assert.Equal(25, again.End.Record);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Reading_goes_on_where_it_stopped()
    {
        using var spool = Open(segmentBytes: 100);
        Append(spool, 0, 5);
        Append(spool, 5, 10);
        var third = spool.From(spool.Start).ElementAt(6);

        Assert.Equal(Texts(7, 10), Read(spool, third.Next));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(11)]
    [InlineData(15)]
    public void A_torn_last_record_is_cut_off_and_the_next_one_takes_its_place(int bytesLeft)
    {
        long whole;
        using (var spool = Open())
        {
            Append(spool, 0, 3);
            whole = spool.End.Offset;
            Append(spool, 3, 4);
        }

        Truncate(whole + bytesLeft);

        using var again = Open();
        Append(again, 4, 5);

        Assert.Equal([.. Texts(0, 3), .. Texts(4, 5)], Read(again, again.Start));
        Assert.Contains(_log.Lines, l => l.Level == LogLevel.Warning && l.Text.Contains($"last {bytesLeft} bytes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(14)]
    public void A_damaged_record_is_set_aside_and_those_behind_it_are_kept(int damagedByte)
    {
        long third;
        using (var spool = Open())
        {
            Append(spool, 0, 2);
            third = spool.End.Offset;
            Append(spool, 2, 6);
        }

        Damage(third + damagedByte);

        using var again = Open();
        Append(again, 6, 7);

        Assert.Equal([.. Texts(0, 2), .. Texts(3, 7)], Read(again, again.Start));
        Assert.Contains(_log.Lines, l => l.Level == LogLevel.Error && l.Text.Contains($"from byte {third}", StringComparison.Ordinal));
        var aside = Assert.Single(Directory.GetFiles(_folder.Path, "*.damaged"));
        Assert.Equal(Encoding.UTF8.GetBytes("record 2").Length + SpoolFrame.HeaderBytes, new FileInfo(aside).Length);
    }

    [Fact]
    public void Damage_in_an_older_segment_costs_one_record_only()
    {
        using var spool = Open(segmentBytes: 60);
        for (var i = 0; i < 12; i++)
        {
            Append(spool, i, i + 1);
        }

        Damage(14);

        Assert.Equal(Texts(1, 12), Read(spool, spool.Start));
    }

    [Fact]
    public void Delivered_segments_go_by_age_and_by_size_and_undelivered_ones_stay()
    {
        using var spool = Open(segmentBytes: 60);
        for (var i = 0; i < 12; i++)
        {
            Append(spool, i, i + 1);
        }

        var eighth = spool.From(spool.Start).ElementAt(8);

        spool.Trim(eighth.At, DateTimeOffset.MinValue, long.MaxValue);
        Assert.Equal(Texts(0, 12), Read(spool, spool.Start));

        spool.Trim(eighth.At, DateTimeOffset.MaxValue, long.MaxValue);
        var left = Read(spool, spool.Start);

        Assert.True(left.Count < 12);
        Assert.Equal(Texts(8, 12), left[^4..]);
    }

    private static List<string> Texts(int from, int to) => [.. Enumerable.Range(from, to - from).Select(i => $"record {i}")];

    private static List<string> Read(Spool spool, SpoolPosition from) => [.. spool.From(from).Select(r => Encoding.UTF8.GetString(r.Payload))];

    private static void Append(Spool spool, int from, int to) =>
        spool.Append(Texts(from, to).ConvertAll(t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t)));

    private Spool Open(long segmentBytes = 1_000_000) => new(_folder.Path, _log, segmentBytes);

    private string FirstSegment() => Directory.GetFiles(_folder.Path, "*.log").Order(StringComparer.Ordinal).First();

    private void Truncate(long length)
    {
        using var file = File.OpenWrite(FirstSegment());
        file.SetLength(length);
    }

    private void Damage(long at)
    {
        using var file = new FileStream(FirstSegment(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x55));
    }
}
