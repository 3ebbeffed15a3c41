using OpenCvSharp;
using SmartCity.Edge.Cameras;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Cameras;

public class PicturesTests
{
    private const long MostPixels = 1_000_000;

    public static TheoryData<string, byte[], string> Bad => new()
    {
        { "empty", [], "empty" },
        { "text named .jpg", "this is no picture"u8.ToArray(), "neither a JPEG nor a PNG" },
        { "a GIF", "GIF89a\x01\x00\x01\x00"u8.ToArray(), "neither a JPEG nor a PNG" },
        { "one pixel", TestPictures.Png(1, 1), "1 × 1 pixels" },
        { "too flat for a plate", TestPictures.Png(400, 8), "400 × 8 pixels" },
        { "half a JPEG", TestPictures.Jpeg("LR33TEE")[..^4000], "JPEG is cut off" },
        { "a JPEG without its lower third", TestPictures.Jpeg("LR33TEE")[..(TestPictures.Jpeg("LR33TEE").Length * 2 / 3)], "only the upper" },
        { "the first bytes of a JPEG", TestPictures.Jpeg()[..12], "JPEG is cut off" },
        { "half a PNG", TestPictures.Png(300, 300)[..^40], "PNG is cut off" },
        { "the signature of a PNG", TestPictures.Png(300, 300)[..10], "neither a JPEG nor a PNG" },
        { "more pixels than allowed", TestPictures.Png(1001, 1000), "1001 × 1000 pixels; at most 1000000 are allowed" },
        { "a PNG that unpacks to 900 million pixels", TestPictures.PngBomb(), "30000 × 30000 pixels" },
        { "a JPEG that claims 4 billion pixels", TestPictures.JpegBomb(), "65535 × 65535 pixels" },
        { "a damaged PNG", Damaged(TestPictures.Png(300, 300)), "damaged" },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void What_is_no_picture_is_refused_saying_what_is_wrong_with_it(string what, byte[] content, string reason)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => Pictures.Decode(content, MostPixels));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000, $"{what} was unpacked.");
    }

    [Fact]
    public void A_JPEG_and_a_PNG_come_out_as_colour_pictures_of_their_size()
    {
        using var jpeg = Pictures.Decode(TestPictures.Jpeg("LR33TEE"), MostPixels);
        using var png = Pictures.Decode(TestPictures.Png(320, 200), MostPixels);

        Assert.Equal((TestPictures.Width, TestPictures.Height, 3), (jpeg.Width, jpeg.Height, jpeg.Channels()));
        Assert.Equal((320, 200, 3), (png.Width, png.Height, png.Channels()));
    }

    public static TheoryData<string, byte[]> Borne => new()
    {
        { "zeros behind the end", [.. TestPictures.Jpeg("LR33TEE"), .. new byte[100_000]] },
        { "text behind the end", [.. TestPictures.Jpeg("LR33TEE"), .. "camera 12, 08:15:30"u8] },
        { "another JPEG behind the end", [.. TestPictures.Jpeg("LR33TEE"), .. TestPictures.Jpeg()[..900]] },
        { "no end mark", TestPictures.Jpeg("LR33TEE")[..^2] },
        { "half an end mark", TestPictures.Jpeg("LR33TEE")[..^1] },
        { "zeros for an end mark", [.. TestPictures.Jpeg("LR33TEE")[..^2], .. new byte[64]] },
        { "no end mark, restart marks", Restarts()[..^2] },
        { "bytes before the start", [.. "Content-Type: image/jpeg\r\n\r\n"u8, .. TestPictures.Jpeg("LR33TEE")] },
        { "zeros before the start and no end mark", [.. new byte[5000], .. TestPictures.Jpeg("LR33TEE")[..^2]] },
    };

    [Theory]
    [MemberData(nameof(Borne), DisableDiscoveryEnumeration = true)]
    public void A_JPEG_among_other_bytes_or_without_its_end_mark_is_read(string what, byte[] content)
    {
        using var whole = Pictures.Decode(what.Contains("restart", StringComparison.Ordinal) ? Restarts() : TestPictures.Jpeg("LR33TEE"), MostPixels);
        using var picture = Pictures.Decode(content, MostPixels);
        using var difference = new Mat();
        Cv2.Absdiff(whole, picture, difference);

        Assert.Equal(0, Cv2.Norm(difference));
        Assert.Equal(TestPictures.Width * TestPictures.Height, Pictures.Pixels(content, MostPixels));
    }

    [Fact]
    public void A_JPEG_that_ends_between_two_restart_marks_is_cut_off()
    {
        var jpeg = Restarts();
        var marks = Enumerable.Range(700, jpeg.Length - 701).Where(i => jpeg[i] == 0xFF && jpeg[i + 1] is >= 0xD0 and <= 0xD7).ToList();
        Assert.True(marks.Count > 10);

        Assert.All((int[])[marks[5], marks[5] + 2, marks[5] + 40], end => Assert.Contains("cut off", Assert.Throws<InvalidDataException>(() => Pictures.Decode(jpeg[..end], MostPixels)).Message, StringComparison.Ordinal));
    }

    private static byte[] Restarts()
    {
        using var street = TestPictures.Street("LR33TEE");
        return street.ImEncode(".jpg", new ImageEncodingParam(ImwriteFlags.JpegRstInterval, 40));
    }

    private static byte[] Damaged(byte[] png)
    {
        var data = png.AsSpan().IndexOf("IDAT"u8);
        png.AsSpan(data + 4, 20).Fill(0x55);
        return png;
    }
}
