using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Cameras.Recordings;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>When pictures and videos were taken. All of them were copied much later, so that their files' times say nothing.</summary>
public sealed class RecordingTimeTests : IDisposable
{
    private static readonly DateTimeOffset Copied = new(2026, 11, 27, 9, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLogger _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_picture_was_taken_when_its_EXIF_says()
    {
        Put("1.jpg", TestPictures.Taken(TestPictures.Jpeg(), "2026:05:04 08:15:00", "+02:00"));
        Put("2.jpg", TestPictures.Taken(TestPictures.Jpeg(), "2026:05:04 08:15:00", "-05:00"));
        Put("3.jpg", TestPictures.Taken(TestPictures.Jpeg(), "2026:05:04 08:15:00"));
        Put("4.jpg", TestPictures.Taken(TestPictures.Jpeg(), "2026:01:04 08:15:00"));

        Assert.Equal(["2026-05-04T06:15:00Z", "2026-05-04T13:15:00Z", "2026-05-04T07:15:00Z", "2026-01-04T08:15:00Z"], await TimesAsync("folder:" + _folder.Path));
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData("0000:00:00 00:00:00")] // a camera that has no clock
    [InlineData("1980:01:01 00:00:00")] // or one that was never set
    [InlineData("yesterday")]
    public async Task What_no_clock_said_is_not_believed(string at)
    {
        Put("1.jpg", TestPictures.Taken(TestPictures.Jpeg(), at));

        Assert.Equal(["2026-11-27T09:00:00Z"], await TimesAsync("folder:" + _folder.Path));
    }

    [Fact]
    public async Task Damaged_EXIF_leaves_the_picture_its_pixels()
    {
        var picture = TestPictures.Taken(TestPictures.Jpeg(), "2026:05:04 08:15:00", "+02:00");
        picture.AsSpan(20, 30).Fill(0xFF);
        Put("1.jpg", picture);

        Assert.Equal(["2026-11-27T09:00:00Z"], await TimesAsync("folder:" + _folder.Path));
    }

    [Fact]
    public async Task A_start_and_a_pattern_in_the_source_come_before_what_the_files_say()
    {
        Put("gate_20260504-081500.jpg", TestPictures.Taken(TestPictures.Jpeg(), "2025:01:01 00:00:00"));
        Put("gate_20260504-081502.jpg", "no picture"u8.ToArray());
        Put("gate_20261304-081503.jpg", TestPictures.Taken(TestPictures.Jpeg(), "2026:05:04 08:15:03"));

        Assert.Equal(["2026-05-04T07:15:00Z", "2026-05-04T07:15:03Z"], await TimesAsync($"folder:{_folder.Path}#name=yyyyMMdd-HHmmss"));
        Assert.Equal(["2026-03-01T10:00:00Z", "2026-03-01T10:00:05Z"], await TimesAsync($"folder:{_folder.Path}#start=2026-03-01T10:00:00&every=00:00:02.5"));
        Assert.Equal(["2026-03-01T08:00:00Z", "2026-03-01T08:00:02Z"], await TimesAsync($"folder:{_folder.Path}#name=yyyyMMdd-HHmmss&start=2026-03-01T10:00+02:00&every=00:00:01"));
    }

    [Theory]
    [InlineData("mp4")]
    [InlineData("mov")]
    [InlineData("mkv")]
    public async Task A_video_began_when_its_container_says_and_each_frame_follows_at_its_place(string kind)
    {
        var video = await FilmAsync("tape." + kind, "2026-05-04T06:15:00Z");

        Assert.Equal(["2026-05-04T06:15:00Z", "2026-05-04T06:15:00.5Z", "2026-05-04T06:15:01Z"], await TimesAsync("file:" + video));
        Assert.Equal(["2026-05-04T05:00:00Z", "2026-05-04T05:00:00.5Z", "2026-05-04T05:00:01Z"], await TimesAsync($"file:{video}#start=2026-05-04T06:00:00"));
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData("mp4")]
    [InlineData("mov")]
    public async Task The_header_of_a_video_says_it_where_there_is_no_ffprobe(string kind)
    {
        var video = await FilmAsync("tape." + kind, "2026-05-04T06:15:00Z");
        Assert.Equal("2026-05-04T06:15:00", VideoTime.Header(video)?.Local.ToString("s"));
        Assert.Null(VideoTime.Header(await FilmAsync("text.srt", null)));
    }

    [Fact]
    public async Task A_video_that_does_not_say_it_ended_when_its_file_was_written_and_a_person_is_told_once()
    {
        var video = await FilmAsync("tape.mp4", null);
        var source = Source("file:" + video);

        Assert.Equal(["2026-11-27T08:59:58.5Z", "2026-11-27T08:59:59Z", "2026-11-27T08:59:59.5Z"], await TimesAsync(source));
        Assert.Equal(["2026-11-27T08:59:58.5Z", "2026-11-27T08:59:59Z", "2026-11-27T08:59:59.5Z"], await TimesAsync(source));
        var (level, text) = Assert.Single(_log.Lines);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("tape.mp4", text, StringComparison.Ordinal);
        Assert.Contains("#start=", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_name_of_a_video_says_it()
    {
        var video = await FilmAsync("CAM-04_2026-05-04T06.15.00.250Z.mp4", null);

        Assert.Equal("2026-05-04T06:15:00.25Z", (await TimesAsync($"file:{video}#name=yyyy-MM-ddTHH.mm.ss.fffZ"))[0]);
        Assert.Equal("2026-05-04T05:15:00Z", (await TimesAsync($"file:{video}#name=yyyy-MM-ddTHH.mm"))[0]);
    }

    [Theory]
    [InlineData("file:/gate.mp4#start=yesterday", "start is 'yesterday'")]
    [InlineData("folder:/gate#start=2026-05-04T08:15:00Z", "every")]
    [InlineData("folder:/gate#every=00:00:01", "start")]
    [InlineData("file:/gate.mp4#start=2026-05-04T08:15:00Z&every=00:00:01", "every is for folders")]
    [InlineData("folder:/gate#start=2026-05-04T08:15:00Z&every=0", "every is '0'")]
    [InlineData("folder:/gate#name=ddMM-HHmm", "yyyy")]
    [InlineData("folder:/gate#name=yyyyMMdd-HHmmdd", "each once")]
    [InlineData("folder:#name=yyyyMMdd-HHmmss", "no path")]
    public void What_cannot_be_meant_is_refused_saying_how_to_write_it(string source, string reason)
    {
        Assert.Contains(reason, CameraAddress.Check(source), StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => new CameraSources(Options.Create(new EdgeOptions()), PlanarVideoTests.Decoder(), TimeProvider.System, NullLogger<CameraSources>.Instance).Of(new Camera { Id = "gate", Source = source })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_may_have_any_characters()
    {
        Assert.Equal("/tapes/#1 & gate=3#every", RecordingAddress.Resolve("folder:/tapes/#1 & gate=3#every").Address?.Path);
        Assert.Equal("/tapes/#1", RecordingAddress.Resolve("file:/tapes/#1#start=2026-05-04 08:15").Address?.Path);
    }

    private ICameraSource Source(string source)
    {
        var address = RecordingAddress.Resolve(source).Address!;
        var times = new RecordingTimes("gate", address, () => "Europe/London", _log);
        return source.StartsWith("folder:", StringComparison.Ordinal) ? new FolderSource("gate", address.Path, times, 1_000_000, NullLogger.Instance) : new VideoSource("gate", address.Path, times);
    }

    private Task<List<string>> TimesAsync(string source) => TimesAsync(Source(source));

    private static async Task<List<string>> TimesAsync(ICameraSource source)
    {
        var times = new List<string>();
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
        {
            using (frame)
            {
                times.Add(frame.CapturedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFF'Z'", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return times;
    }

    // A second and a half at two pictures a second.
    private async Task<string> FilmAsync(string name, string? at)
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/ffmpeg"), "The program ffmpeg, which makes the videos, is not installed.");
        var path = _folder[name];
        if (name.EndsWith(".srt", StringComparison.Ordinal))
        {
            await File.WriteAllTextAsync(path, "no video", TestContext.Current.CancellationToken);
            return path;
        }

        string[] arguments = ["-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:duration=1.5:rate=2", .. at is null ? (string[])[] : ["-metadata", "creation_time=" + at], path];
        using var program = Process.Start("ffmpeg", arguments);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, program.ExitCode);
        File.SetLastWriteTimeUtc(path, Copied.UtcDateTime);
        return path;
    }

    private void Put(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        File.SetLastWriteTimeUtc(_folder[name], Copied.UtcDateTime);
    }
}
