using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using SmartCity.Contracts;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>Cameras that read plates themselves and send events.</summary>
public sealed partial class EventTests(Recogniser recogniser) : IDisposable
{
    private const string Camera = "gate-1";
    private const string Plate = "LR33TEE";
    private static readonly byte[] Vehicle = TestPictures.Jpeg(Plate);
    private static readonly DateTimeOffset Captured = new(2026, 11, 23, 7, 59, 30, TimeSpan.Zero);
    private static readonly string Base64 = Convert.ToBase64String(Vehicle);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, byte[]> Events => new()
    {
        { "plain", "application/json", Utf8(Plain($"\"{Base64}\"")) },
        { "plain with a data address", "application/json; charset=utf-8", Utf8(Plain($"\"data:image/jpeg;base64,{Base64}\"")) },
        { "plain with a part", "multipart/form-data; boundary=b", Multipart(("event", "", "application/json", Utf8(Plain("null"))), ("picture", "v.jpg", "image/jpeg", Vehicle)) },
        { "Hikvision", "multipart/form-data; boundary=b", Multipart(("anpr.xml", "anpr.xml", "text/xml", Utf8(Anpr())), ("licensePlatePicture.jpg", "licensePlatePicture.jpg", "image/jpeg", [.. TestPictures.Jpeg(), .. new byte[60_000]]), ("detectionPicture.jpg", "detectionPicture.jpg", "image/jpeg", Vehicle)) },
        { "Hikvision in its older namespace, with a mark", "multipart/form-data; boundary=\"b\"", Multipart(("a", "a", "application/xml", [0xEF, 0xBB, 0xBF, .. Utf8(Anpr().Replace("http://www.isapi.org", "http://www.hikvision.com", StringComparison.Ordinal))]), ("p", "p.jpg", "image/pjpeg", Vehicle)) },
        { "Dahua ITSAPI", "application/json", Utf8($$"""{ "Picture": { "Plate": { "IsExist": true, "PlateNumber": "LR33 TEE", "Confidence": 93 }, "SnapInfo": { "AccurateTime": "2026-11-23 07:59:30.000", "Direction": "Inbound" }, "Vehicle": { "Speed": 42 }, "NormalPic": { "PicName": "1.jpg", "Content": "{{Base64}}" }, "CutoutPic": { "Content": "AAAA" } } }""") },
        { "Dahua TrafficJunction", "multipart/x-mixed-replace; boundary=b", Multipart(("", "", "application/json", Utf8("""{ "Events": [{ "Code": "TrafficJunction", "Data": { "JunctionDirection": "Inbound", "RealUTC": 1795420770, "Object": { "Confidence": 237 }, "TrafficCar": { "PlateNumber": "LR33TEE", "Speed": 42 } } }] }""")), ("", "", "image/jpeg", Vehicle)) },
        { "Dahua snapManager", "multipart/x-mixed-replace; boundary=b", Multipart(("", "", "text/plain", Utf8("Events[0].Code=TrafficJunction\r\nEvents[0].JunctionDirection=Inbound\r\nEvents[0].UTC=1795420770\r\nEvents[0].Object.Confidence=93\r\nEvents[0].TrafficCar.PlateNumber=LR33TEE\r\nEvents[0].TrafficCar.Speed=42\r\n")), ("", "", "image/jpeg", Vehicle)) },
    };

    public static TheoryData<string, string, byte[], string> Bad => new()
    {
        { "nothing", "application/json", [], "no event" },
        { "text", "text/plain", Utf8("a car"), "no event" },
        { "a picture alone", "image/jpeg", Vehicle, "no event" },
        { "half of a JSON", "application/json", Utf8("{ \"plate\": "), "The JSON is not valid" },
        { "no plate", "application/json", Utf8($$"""{ "picture": "{{Base64}}" }"""), "plate is missing" },
        { "a plate that is none", "application/json", Utf8("""{ "plate": "ABCDEFGHIJKLMNOPQR", "picture": "" }"""), "plate has 18 characters" },
        { "confidence", "application/json", Utf8("""{ "plate": "AB12CDE", "confidence": 93 }"""), "confidence is '93'" },
        { "speed", "application/json", Utf8("""{ "plate": "AB12CDE", "speed": "fast" }"""), "speed is 'fast'" },
        { "time", "application/json", Utf8("""{ "plate": "AB12CDE", "capturedAt": "yesterday" }"""), "capturedAt is 'yesterday'" },
        { "no picture", "application/json", Utf8("""{ "plate": "AB12CDE" }"""), "no picture" },
        { "picture", "application/json", Utf8("""{ "plate": "AB12CDE", "picture": "%%%" }"""), "picture is not valid base64" },
        { "no picture in base64", "application/json", Utf8("""{ "plate": "AB12CDE", "picture": "AAAA" }"""), "neither a JPEG nor a PNG" },
        { "no boundary", "multipart/form-data", Utf8("--b"), "names no boundary" },
        { "cut off", "multipart/form-data; boundary=b", Multipart(("a", "a", "text/xml", Utf8(Anpr())))[..^30], "multipart body cannot be read" },
        { "XML", "application/xml", Utf8("<EventNotificationAlert><ANPR>"), "The XML is not valid" },
        { "other XML", "application/xml", Utf8("<html></html>"), "it must be EventNotificationAlert" },
        { "an XML bomb", "application/xml", Utf8("<!DOCTYPE a [<!ENTITY b \"b\">]><EventNotificationAlert>&b;</EventNotificationAlert>"), "The XML is not valid" },
        { "other event", "application/xml", Utf8("<EventNotificationAlert><eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>"), "eventType is 'VMD'" },
        { "no ANPR", "application/xml", Utf8("<EventNotificationAlert><eventType>ANPR</eventType></EventNotificationAlert>"), "no element ANPR" },
        { "no time", "application/xml", Utf8(Anpr().Replace("2026-11-23T08:59:30+01:00", "noon", StringComparison.Ordinal)), "dateTime is 'noon'" },
        { "Hikvision without a picture", "application/xml", Utf8(Anpr()), "no picture" },
        { "Dahua without a plate", "application/json", Utf8("""{ "Picture": { "Plate": { } } }"""), "Picture.Plate.PlateNumber" },
        { "Dahua's picture", "application/json", Utf8("""{ "Picture": { "Plate": { "PlateNumber": "AB12CDE" }, "NormalPic": { "Content": "?" } } }"""), "Picture.NormalPic.Content is not valid base64" },
        { "another event of Dahua", "text/plain", Utf8("Events[0].Code=VideoMotion\n"), "Code is 'VideoMotion'" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Events), DisableDiscoveryEnumeration = true)]
    public async Task An_event_becomes_a_sighting_with_its_picture_as_evidence(string what, string type, byte[] body)
    {
        await using var station = await StartAsync(recogniser);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, type, body)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, type, body)).Status);
        await station.Until(() => station.Sightings.Count > 1, $"the event is a sighting: {what}");

        var sighting = station.Sightings[0];
        Assert.Equal((Plate, Captured, "inbound", 42.0), (sighting.Plate, sighting.CapturedAt, sighting.Direction, sighting.SpeedKmh));
        Assert.InRange(sighting.Confidence, 0.98, 1);
        Assert.NotNull(sighting.Evidence);
        Assert.NotEmpty(sighting.Box);
        Assert.Equal(sighting.Id, station.Sightings[1].Id); // sent again
    }

    [Theory]
    [InlineData(null)]
    [InlineData("KX70HJM")]
    public async Task What_only_the_camera_has_read_is_too_doubtful_to_charge_anybody(string? inPicture)
    {
        var picture = Convert.ToBase64String(TestPictures.Jpeg(inPicture));
        await using var station = await StartAsync(recogniser);
        await PostAsync(station, "application/json", Utf8($$"""{ "plate": "AB12CDE", "confidence": 1, "picture": "{{picture}}" }"""));
        await station.Until(() => station.Sightings.Count > 0, "the event is a sighting");

        var sighting = Assert.Single(station.Sightings);
        Assert.InRange(sighting.Confidence, 0.3, Sighting.LeastSure - 0.005);
        Assert.Contains("AB12CDE", (string?[])[sighting.Plate, .. sighting.Alternatives.Select(a => a.Plate)]);
        Assert.True(inPicture is null || sighting.Plate == inPicture || sighting.Alternatives.Any(a => a.Plate == inPicture));
    }

    [Fact]
    public async Task Every_event_of_a_burst_that_was_accepted_is_a_sighting()
    {
        const int Count = 12;
        await using var station = await StartAsync(recogniser);
        for (var i = 0; i < Count; i++)
        {
            var (status, _) = await PostAsync(station, "application/json", Utf8($$"""{ "plate": "AB{{10 + i}}CDE", "confidence": 1, "capturedAt": "2026-11-23T07:59:{{10 + i}}Z", "picture": "{{Base64}}" }"""));
            Assert.Equal(HttpStatusCode.Accepted, status);
        }

        await station.Until(() => station.Sightings.Count == Count, "all events are sightings");
        Assert.Equal(0, station.Beat(Camera).FramesDropped);
    }

    [Fact]
    public async Task A_plate_that_the_camera_could_not_read_is_read_here()
    {
        await using var station = await StartAsync(recogniser);
        await PostAsync(station, "application/json", Utf8($$"""{ "plate": null, "picture": "{{Base64}}" }"""));
        await station.Until(() => station.Sightings.Count > 0, "the event is a sighting");

        Assert.Equal(Plate, Assert.Single(station.Sightings).Plate);
    }

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public async Task What_is_no_event_is_refused_saying_what_is_wrong(string what, string type, byte[] body, string reason)
    {
        await using var station = await StartAsync(null);
        var (status, detail) = await PostAsync(station, type, body);

        Assert.True(status == HttpStatusCode.BadRequest, $"{what}: {status} {detail}");
        Assert.Contains(reason, detail, StringComparison.Ordinal);
        Assert.Equal(1, station.Beat(Camera).FramesBad);
    }

    [Fact]
    public async Task A_sign_of_life_is_taken_and_is_no_sighting()
    {
        await using var station = await StartAsync(null);

        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, "application/xml", Utf8("<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>"))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, "text/plain", Utf8("Heartbeat"))).Status);
        Assert.Equal(0, station.Beat(Camera).FramesBad);
    }

    [Fact]
    public async Task Key_limits_and_back_pressure_are_those_of_an_upload()
    {
        var body = Utf8(Plain($"\"{Base64}\""));
        await using var station = await StartAsync(null, ("Edge:UploadBytes", "100000"), ("Edge:DecodedPixels", "10000"));

        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(station, "application/json", body, key: "a-wrong-key-of-some-length")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(station, "application/json", body, camera: "gate-9")).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(station, "application/json", new byte[100_001])).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, "application/json", body, basic: true)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(station, "application/json", body)).Status);
    }

    [Fact]
    public async Task The_example_of_the_documentation_is_taken()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent!;
        }

        var example = Example().Match(await File.ReadAllTextAsync(Path.Combine(folder.FullName, "docs", "operations.md"), Token));
        Assert.Equal(Camera, example.Groups["camera"].Value);
        await using var station = await StartAsync(recogniser);

        var answer = await PostAsync(station, "multipart/form-data; boundary=b", Multipart(("event", "", "application/json", Utf8(example.Groups["event"].Value)), ("picture", "vehicle.jpg", "image/jpeg", Vehicle)));
        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        await station.Until(() => station.Sightings.Count > 0, "the event is a sighting");

        var sighting = Assert.Single(station.Sightings);
        Assert.Equal((Plate, new DateTimeOffset(2026, 11, 23, 8, 15, 30, 120, TimeSpan.Zero), "inbound", 42.0), (sighting.Plate, sighting.CapturedAt, sighting.Direction, sighting.SpeedKmh));
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Plain(string picture) => $$"""{ "plate": "lr33 tee", "confidence": 0.93, "capturedAt": "2026-11-23T07:59:30Z", "direction": "inbound", "speed": 42, "picture": {{picture}} }""";

    private static string Anpr() =>
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
          <ipAddress>10.0.0.64</ipAddress><channelID>1</channelID><dateTime>2026-11-23T08:59:30+01:00</dateTime><activePostCount>1</activePostCount>
          <eventType>ANPR</eventType><eventState>active</eventState><eventDescription>ANPR</eventDescription>
          <ANPR><country>3</country><licensePlate>LR33TEE</licensePlate><line>1</line><direction>inbound</direction><confidenceLevel>93</confidenceLevel>
            <vehicleInfo><index>1</index><speed>42</speed></vehicleInfo></ANPR>
        </EventNotificationAlert>
        """;

    private static byte[] Multipart(params (string Name, string File, string Type, byte[] Content)[] parts)
    {
        using var body = new MemoryStream();
        foreach (var (name, file, type, content) in parts)
        {
            var disposition = name.Length == 0 ? "" : $"Content-Disposition: form-data; name=\"{name}\"{(file.Length == 0 ? "" : $"; filename=\"{file}\"")}\r\n";
            body.Write(Utf8($"--b\r\n{disposition}Content-Type: {type}\r\nContent-Length: {content.Length}\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }

        body.Write("--b--\r\n"u8);
        return body.ToArray();
    }

    private static async Task<(HttpStatusCode Status, string? Detail)> PostAsync(CameraStation station, string type, byte[] body, string key = CameraStation.UploadKey, string camera = Camera, bool basic = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/cameras/{camera}/events") { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (basic)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Utf8($"camera:{key}")));
        }
        else
        {
            request.Headers.Add("X-Api-Key", key);
        }

        using var answer = await station.Http.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString() : null);
    }

    private Task<CameraStation> StartAsync(Recogniser? models, params (string Key, string? Value)[] settings) =>
        CameraStation.StartAsync(models, _folder, [(Camera, "upload")], settings.ToDictionary(s => s.Key, s => s.Value));

    [GeneratedRegex(@"curl \S+/cameras/(?<camera>[^/]+)/events [\s\S]*?-F 'event=(?<event>\{.*?\});type=application/json'")]
    private static partial Regex Example();
}
