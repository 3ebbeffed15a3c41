using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Faces;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>People in pictures of vehicles: what leaves the edge shows nobody.</summary>
public sealed class BystanderTests(Portraits portraits, Recogniser recogniser) : IClassFixture<Portraits>, IDisposable
{
    private const string Plate = "LR33TEE";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_face_beside_a_vehicle_is_blurred_in_evidence_and_in_the_newest_picture_and_the_plate_is_not()
    {
        Portraits.Needed();
        var (evidence, newest, digest) = await PassAsync([]);
        using var kept = Cv2.ImDecode(evidence, ImreadModes.Color);
        using var shown = Cv2.ImDecode(newest, ImreadModes.Color);

        Assert.Empty(portraits.Find(kept));
        Assert.Empty(portraits.Find(shown));
        Assert.Equal(Plate, Assert.Single(recogniser.Models.Recognise(kept)).Plate);
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(evidence)));
    }

    [Fact]
    public async Task Where_the_setting_says_so_faces_stay_as_they_are()
    {
        Portraits.Needed();
        var (evidence, newest, _) = await PassAsync(new() { ["Edge:Evidence:BlurFaces"] = "false" });
        using var kept = Cv2.ImDecode(evidence, ImreadModes.Color);
        using var shown = Cv2.ImDecode(newest, ImreadModes.Color);

        Assert.Single(portraits.Find(kept));
        Assert.Single(portraits.Find(shown));
    }

    [Fact]
    public async Task A_face_is_blurred_where_a_camera_has_read_a_plate_that_this_edge_does_not_find()
    {
        Portraits.Needed();
        using var portrait = Portraits.Picture("p03-1.jpg");
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("gate", "upload")]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cameras/gate/events") { Content = JsonContent.Create(new { plate = Plate, confidence = 0.95, picture = Convert.ToBase64String(portrait.ImEncode(".jpg")) }) };
        request.Headers.Add("X-Api-Key", CameraStation.UploadKey);
        using var answer = await station.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await station.Until(() => station.Sightings.Count == 1, "the event is a sighting");

        var evidence = Assert.Single(Directory.EnumerateFiles(_folder["spool"], "*.jpg", SearchOption.AllDirectories), f => !f.EndsWith(".plate.jpg", StringComparison.Ordinal));
        using var kept = Cv2.ImDecode(await File.ReadAllBytesAsync(evidence, TestContext.Current.CancellationToken), ImreadModes.Color);
        Assert.Single(portraits.Find(portrait));
        Assert.Empty(portraits.Find(kept));
    }

    // Pictures are looked at made smaller: whatever way that is done, faces of 24 pixels in 1280 are among what is found, and so are those of the same part of a larger picture.
    [Theory]
    [InlineData(720, 405, 16)]
    [InlineData(1280, 720, 24)]
    [InlineData(1536, 864, 29)]
    [InlineData(1921, 1083, 37)]
    [InlineData(2592, 1944, 50)]
    [InlineData(3840, 2160, 73)]
    public void A_small_face_is_blurred_in_a_picture_of_any_size_and_nothing_else_is(int width, int height, int size)
    {
        Portraits.Needed();
        using var blur = new BystanderBlur(Options.Create(new EvidenceOptions()), Options.Create(new RecognitionOptions()), new WorkerHealth(TimeProvider.System), TimeProvider.System, NullLogger<BystanderBlur>.Instance);
        foreach (var (file, _) in Portraits.Known().Where(k => !k.File.StartsWith("group", StringComparison.Ordinal)))
        {
            using var portrait = Portraits.Picture(file);
            var known = Assert.Single(portraits.Find(portrait)).Box;
            var scale = size / (double)known.Width;
            using var small = portrait.Resize(default, scale, scale, InterpolationFlags.Area);
            using var picture = new Mat(height, width, MatType.CV_8UC3, Scalar.All(105));
            var (left, top) = (width - small.Width - 7, height / 3);
            using var place = picture.SubMat(top, top + small.Height, left, left + small.Width);
            small.CopyTo(place);

            using var covered = blur.Cover(picture);

            Assert.True(covered is not null, $"{file}: not found");
            using var difference = new Mat();
            Cv2.Absdiff(picture, covered, difference);
            using var changed = difference.CvtColor(ColorConversionCodes.BGR2GRAY);
            var area = Cv2.BoundingRect(changed);
            var face = new Rect((int)(left + known.X * scale), (int)(top + known.Y * scale), size, (int)(known.Height * scale));
            Assert.True((area & face) == face, $"{file}: {area} is blurred of {face}");
            Assert.True(area.Width < 2 * face.Width && area.Height < 2 * face.Height, $"{file}: {area} is blurred for {face}");
        }
    }

    private async Task<(byte[] Evidence, byte[] Newest, string? Digest)> PassAsync(Dictionary<string, string?> settings)
    {
        using var street = TestPictures.Street(Plate);
        using var wide = new Mat(street.Height, street.Width + 260, MatType.CV_8UC3, Scalar.All(110));
        using var road = wide.SubMat(0, street.Height, 0, street.Width);
        street.CopyTo(road);
        using var portrait = Portraits.Picture("p03-1.jpg");
        using var small = portrait.Resize(new Size(240, 240 * portrait.Height / portrait.Width), 0, 0, InterpolationFlags.Area);
        using var place = wide.SubMat(20, 20 + Math.Min(small.Height, street.Height - 20), street.Width + 10, street.Width + 250);
        using var part = small.SubMat(0, place.Height, 0, small.Width);
        part.CopyTo(place);
        await File.WriteAllBytesAsync(_folder["street.png"], wide.ImEncode(".png"), TestContext.Current.CancellationToken);
        settings["Edge:PictureInterval"] = "00:00:01";
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("gate", $"folder:{_folder["street.png"]}#start=2026-11-23T07:00:00Z&every=00:00:01")], settings);
        await station.UntilFinished("gate");
        var sighting = Assert.Single(station.Sightings);
        var evidence = Assert.Single(Directory.EnumerateFiles(_folder["spool"], "*.jpg", SearchOption.AllDirectories), f => !f.EndsWith(".plate.jpg", StringComparison.Ordinal));
        var newest = Path.Combine(_folder["objects"], CameraPicture.Key(CameraStation.Station, "gate"));
        await Eventually.IsTrue(() => File.Exists(newest), "the newest picture is there");
        return (await File.ReadAllBytesAsync(evidence, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(newest, TestContext.Current.CancellationToken), sighting.EvidenceSha256);
    }
}
