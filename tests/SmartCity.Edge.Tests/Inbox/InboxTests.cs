using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Inbox;

/// <summary>Pictures dropped at <c>inbox/{camera}/…</c> of a folder; <see cref="InboxKillTests"/> drops them in a bucket.</summary>
public sealed class InboxTests(Recogniser recogniser)
{
    private static readonly (string, string)[] Cameras = [("gate", "upload"), ("yard", "upload"), ("other", "folder:/nowhere")];

    [Fact]
    public async Task Each_picture_of_a_folder_is_read_once_also_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:inbox"] = folder["drop"] };
        await using (var station = await CameraStation.StartAsync(recogniser, folder, Cameras, settings))
        {
            Drop(folder, "gate/1.jpg", "LR33TEE");
            Drop(folder, "yard/deeper/1.jpg", "LR33TEE");
            await station.Until(() => station.Sightings.Count == 2, "two pictures are read");
            Assert.Equal(["gate", "yard"], station.Sightings.Select(s => s.CameraId).Order());
            Assert.All(station.Sightings, s => Assert.Equal("LR33TEE", s.Plate));
        }

        await using var again = await CameraStation.StartAsync(recogniser, folder, Cameras, settings);
        Drop(folder, "gate/2.jpg", "LR33TEE");
        await again.Until(() => again.Sightings.Count == 3, "only the new one is read");

        // The same name with another content is another picture.
        Drop(folder, "gate/2.jpg", null, TestPictures.Jpeg("AB12CDE"));
        await again.Until(() => again.Sightings.Count == 4, "the changed one is read");
        Assert.Equal(4, again.Sightings.Select(s => s.Id).Distinct().Count());
    }

    [Fact]
    public async Task What_cannot_be_read_shows_in_health_and_holds_up_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var station = await CameraStation.StartAsync(recogniser, folder, Cameras, new() { ["ConnectionStrings:inbox"] = folder["drop"] });
        Drop(folder, "gate/1.jpg", null, "no picture"u8.ToArray());
        Drop(folder, "nobody/1.jpg", "LR33TEE");
        Drop(folder, "gate/2.jpg", "LR33TEE");
        await station.Until(() => station.Sightings.Count == 1, "the good picture is read");
        await station.Until(() => Detail(station).Contains("neither a JPEG nor a PNG", StringComparison.Ordinal) && Detail(station).Contains("1 pictures lie in the inbox for cameras that this edge does not have", StringComparison.Ordinal), "health names both");
    }

    [Fact]
    public async Task Pictures_of_a_camera_that_is_added_later_are_read_then()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:inbox"] = folder["drop"] };
        foreach (var camera in (string[])["later", "other"])
        {
            Drop(folder, $"{camera}/1.jpg", "AB12CDE");
            File.SetLastWriteTimeUtc(Path.Combine(folder["drop"], "inbox", camera, "1.jpg"), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));
        }

        await using (var station = await CameraStation.StartAsync(recogniser, folder, Cameras, settings))
        {
            foreach (var number in (int[])[1, 2])
            {
                Drop(folder, $"gate/{number}.jpg", "LR33TEE");
                await station.Until(() => station.Sightings.Count == number, $"picture {number} is read");
            }
        }

        await using var again = await CameraStation.StartAsync(recogniser, folder, [.. Cameras.Where(c => c.Item1 != "other"), ("later", "upload"), ("other", "upload")], settings);
        await again.Until(() => again.Sightings.Any(s => s is { CameraId: "later", Plate: "AB12CDE" }), "the picture that waited is read");
        await again.Until(() => again.Sightings.Any(s => s.CameraId == "other"), "and the one of a camera that takes uploads now");
    }

    [Fact]
    public async Task A_camera_whose_pictures_cannot_be_read_for_now_holds_up_no_other()
    {
        Assert.SkipUnless(File.Exists("/proc/self/mem"), "There is no file here that fails when it is read.");
        using var folder = new TemporaryFolder();
        var gate = Directory.CreateDirectory(Path.Combine(folder["drop"], "inbox", "gate")).FullName;
        File.CreateSymbolicLink(Path.Combine(gate, "00000.jpg"), "/proc/self/mem");
        for (var n = 1; n <= 10_500; n++)
        {
            await File.WriteAllBytesAsync(Path.Combine(gate, $"{n:D5}.jpg"), "behind it"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        Drop(folder, "yard/1.jpg", "LR33TEE");
        await using var station = await CameraStation.StartAsync(recogniser, folder, Cameras, new() { ["ConnectionStrings:inbox"] = folder["drop"] });
        await station.Until(() => station.Sightings.Any(s => s.CameraId == "yard"), "the other camera's picture is read");
        Drop(folder, "yard/2.jpg", "AB12CDE");
        await station.Until(() => station.Sightings.Any(s => s.Plate == "AB12CDE"), "and so is the next one");
        Assert.DoesNotContain("could not be read", Detail(station), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_lies_in_a_folder_stays_known_and_what_is_gone_is_forgotten_however_much_that_is()
    {
        const int Gone = 1_100_000;
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:inbox"] = folder["drop"] };
        await using (var station = await CameraStation.StartAsync(recogniser, folder, Cameras, settings))
        {
            Drop(folder, "gate/1.jpg", "LR33TEE");
            await station.Until(() => station.Sightings.Count == 1, "the picture is read");
        }

        var done = Path.Combine(folder["spool"], "inbox", "done");
        await File.AppendAllLinesAsync(done, Enumerable.Range(0, Gone).Select(n => $"/buckets/drop\t{n:x32}"), TestContext.Current.CancellationToken);
        await using var again = await CameraStation.StartAsync(recogniser, folder, Cameras, settings);
        Drop(folder, "gate/2.jpg", "AB12CDE");
        await again.Until(() => again.Sightings.Any(s => s.Plate == "AB12CDE"), "the new one is read");
        Assert.Equal(1, again.Camera("gate").Frames);
        await again.Until(() => File.ReadLines(done).Take(Gone).Count() < 10, "what is gone is forgotten");
    }

    private static string Detail(CameraStation station) => station.Health.Reports.FirstOrDefault(r => r.Name == "inbox")?.Detail ?? "";

    private static void Drop(TemporaryFolder folder, string key, string? plate, byte[]? content = null)
    {
        var path = Path.Combine(folder["drop"], "inbox", key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // As whoever drops should: under another name first, so that half of a picture is never seen.
        var part = Path.Combine(Path.GetDirectoryName(path)!, "." + Path.GetFileName(path));
        File.WriteAllBytes(part, content ?? TestPictures.Jpeg(plate));
        File.Move(part, path, overwrite: true);
    }
}
