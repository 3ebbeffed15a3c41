using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Edge.Cameras;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>Video as it comes out of a decoder.</summary>
public sealed class PlanarVideoTests
{
    public static TheoryData<string, string> Broken { get; } = new()
    {
        { "RIFF\n", "RIFF" },
        { "YUV4MPEG2 W640 F25:1 C420jpeg\n", "YUV4MPEG2 W640" },
        { "YUV4MPEG2 W641 H360 F25:1 C420jpeg\n", "even size" },
        { "YUV4MPEG2 W640 H360 F25:1 C444\n", "4:2:0" },
        { "YUV4MPEG2 W9000 H9000 F25:1 C420jpeg\n", "9000 × 9000" },
        { "YUV4MPEG2 W640 H360 F25:1 C420jpeg\nframe\n", "out of step" },
        { new string('Y', 5000), "out of step" },
    };

    [Fact]
    public void Frames_come_one_after_the_other_in_their_colours_and_their_memory_is_used_again()
    {
        using var street = TestPictures.Street("LR33TEE");
        using var empty = TestPictures.Street();
        var video = Video(File([street, empty, street]));

        var first = video.Next();
        IsLike(street, first);
        first.Dispose();
        var second = video.Next();
        IsLike(empty, second);
        var third = video.Next();
        IsLike(street, third);

        Assert.Same(first, second);
        Assert.NotSame(second, third);
        Assert.Throws<EndOfStreamException>(video.Next);
    }

    [Fact]
    public void A_frame_that_is_cut_off_is_the_end()
    {
        using var street = TestPictures.Street();

        Assert.Throws<EndOfStreamException>(Video(File([street])[..^1]).Next);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_is_no_such_video_is_named(string content, string named)
    {
        var error = Assert.Throws<CameraLostException>(Video(Encoding.Latin1.GetBytes(content)).Next);

        Assert.Contains("street", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    internal static VideoDecoder Decoder() => new(Options.Create(new VideoOptions()), NullLogger<VideoDecoder>.Instance);

    private static PlanarVideo Video(byte[] content) => new("street", "rtsp://camera/street", new MemoryStream(content), mostPixels: 50_000_000);

    private static byte[] File(IEnumerable<Mat> pictures)
    {
        using var file = new MemoryStream();
        file.Write("YUV4MPEG2 W640 H360 F25:1 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2\n"u8);
        foreach (var picture in pictures)
        {
            using var planes = picture.CvtColor(ColorConversionCodes.BGR2YUV_I420);
            planes.GetArray(out byte[] bytes);
            file.Write("FRAME\n"u8);
            file.Write(bytes);
        }

        return file.ToArray();
    }

    private static void IsLike(Mat picture, PlanarPicture frame)
    {
        using var seen = frame.ToBgr();
        using var blurred = new Mat(); // colours have half the size
        Cv2.Absdiff(picture, seen, blurred);
        Assert.Equal(picture.Size(), seen.Size());
        Assert.Equal(picture.Size(), frame.Brightness.Size());
        Assert.InRange(Math.Max(Cv2.Mean(blurred).Val0, Math.Max(Cv2.Mean(blurred).Val1, Cv2.Mean(blurred).Val2)), 0, 3);
    }
}
