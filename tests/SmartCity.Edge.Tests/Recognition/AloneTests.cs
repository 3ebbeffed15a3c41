using OpenCvSharp;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>Recognition without an edge: with nothing set, it finds its models beside itself.</summary>
public class AloneTests
{
    [Fact]
    public void A_picture_is_read_from_its_file_its_bytes_or_as_a_picture()
    {
        using var recogniser = new PlateRecogniser();
        var jpeg = TestPictures.Jpeg("LR33TEE");
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, jpeg);
            using var image = Cv2.ImDecode(jpeg, ImreadModes.Color);
            Assert.All(new[] { recogniser.Recognise(path), recogniser.Recognise(jpeg), recogniser.Recognise(image) }, reads => Assert.Equal("LR33TEE", Assert.Single(reads).Plate));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_is_no_picture_is_named()
    {
        using var recogniser = new PlateRecogniser();
        Assert.Contains("neither a JPEG nor a PNG", Assert.Throws<InvalidDataException>(() => recogniser.Recognise("plate"u8.ToArray())).Message, StringComparison.Ordinal);
    }
}
