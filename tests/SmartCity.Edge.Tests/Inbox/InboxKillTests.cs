using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Edge.Tests.Objects;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Tests.Inbox;

/// <summary>An edge as a process of its own, a real Ceph, and everything that can go wrong. <c>SMARTCITY_INBOX_PICTURES</c> sets how many pictures are dropped.</summary>
public sealed class InboxKillTests(CephServer ceph)
{
    private const string Topic = "landed";
    private const int Kills = 3;

    private static readonly string[] Cameras = ["gate", "yard"];

    [Fact]
    public async Task Each_picture_is_one_sighting_while_the_edge_is_killed_and_the_notifier_cut_off()
    {
        var pictures = int.Parse(Environment.GetEnvironmentVariable("SMARTCITY_INBOX_PICTURES") ?? "50", CultureInfo.InvariantCulture);
        var name = $"inbox-{Guid.NewGuid():n}";
        var connection = $"{await ceph.StartedAsync()};Bucket={name}";
        using var folder = new TemporaryFolder();
        using var kafka = new InProcessBroker((Topics.Sightings, 1), (Topics.StationHeartbeats, 1), (Topic, 1));
        using var bucket = (S3ObjectStore)ObjectStoreConnection.Parse(connection).Open();
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        using var reader = new TopicReader(kafka.BootstrapServers, Topics.Sightings, 1);
        await WriteCityAsync(folder);
        await DropAsync(bucket, 0);
        var (told, cutOff, isCutOff) = (0, 0, false);
        await using var notifier = await CephNotifier.StartAsync(await ceph.StartedAsync(), name, async notification =>
        {
            if (Volatile.Read(ref isCutOff))
            {
                Interlocked.Increment(ref cutOff);
                return;
            }

            // Of some pictures it tells twice.
            for (var times = 1 + (Interlocked.Increment(ref told) % 2); times > 0; times--)
            {
                await producer.ProduceAsync(Topic, new Message<Null, byte[]> { Value = notification }, TestContext.Current.CancellationToken);
            }
        });
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(240 + (4 * pictures)));
        var (edge, kills) = (Start(folder, connection, kafka.BootstrapServers), 0);
        try
        {
            var dropping = Task.Run(
                async () =>
                {
                    for (var n = 1; n < pictures; n++)
                    {
                        // The next kill comes while half a share of the pictures is still to come, however fast they are read.
                        while (2 * n >= ((2 * Volatile.Read(ref kills)) + 3) * pictures / (Kills + 1))
                        {
                            await Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token);
                        }

                        // The notifier is cut off twice.
                        Volatile.Write(ref isCutOff, (100 * n / pictures) is (>= 20 and < 35) or (>= 60 and < 75));
                        await DropAsync(bucket, n);
                    }
                },
                deadline.Token);
            while (Count(reader) < pictures)
            {
                Assert.False(edge.HasExited, "The edge ended by itself.");
                if (kills < Kills && Count(reader) > (kills + 1) * pictures / (Kills + 1))
                {
                    edge.Kill();
                    await edge.WaitForExitAsync(deadline.Token);
                    edge.Dispose();
                    (edge, kills) = (Start(folder, connection, kafka.BootstrapServers), kills + 1);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), deadline.Token);
            }

            await dropping;

            // A camera's pictures are read one after another: when these are there, nothing can come behind.
            await DropAsync(bucket, pictures);
            await DropAsync(bucket, pictures + 1);
            while (Count(reader) < pictures + Cameras.Length)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), deadline.Token);
            }
        }
        finally
        {
            edge.Kill();
            edge.Dispose();
        }

        var sightings = Sightings(reader);
        TestContext.Current.TestOutputHelper?.WriteLine($"{pictures + Cameras.Length} pictures, told of {told} of them, cut off at {cutOff}, {kills} kills: {sightings.Count} records of {sightings.DistinctBy(s => s.Id).Count()} sightings");
        Assert.Equal(Kills, kills);
        Assert.InRange(told, 1, pictures + Cameras.Length - 1);
        Assert.InRange(cutOff, 1, pictures);
        Assert.Equal(pictures + Cameras.Length, sightings.Select(s => s.Id).Distinct().Count());
        Assert.Equal(pictures + Cameras.Length, sightings.Select(s => s.CapturedAt).Distinct().Count());
    }

    private static int Count(TopicReader reader)
    {
        reader.Take();
        return Sightings(reader).Select(s => s.Id).Distinct().Count();
    }

    private static List<Sighting> Sightings(TopicReader reader) => reader.Records.ConvertAll(r => JsonSerializer.Deserialize(r.Message.Value, ContractsJson.Default.Sighting)!);

    // Each picture has a time of its own.
    private static async Task DropAsync(S3ObjectStore bucket, int n)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"inbox/{Cameras[n % Cameras.Length]}/{n}.jpg");
        var taken = new DateTime(2026, 11, 23, 8, 0, 0, DateTimeKind.Utc).AddSeconds(n);
        await bucket.PutAsync(key, TestPictures.Taken(TestPictures.Jpeg("LR33TEE"), taken.ToString("yyyy:MM:dd HH:mm:ss", CultureInfo.InvariantCulture), "+00:00"), "image/jpeg", TestContext.Current.CancellationToken);
    }

    private static Task WriteCityAsync(TemporaryFolder folder) => File.WriteAllTextAsync(
        folder["city.json"],
        JsonSerializer.Serialize(new { id = "test", name = "Test", country = "GB", stations = new[] { new { id = "test-station", name = "Test", latitude = 51.5, longitude = -0.1, cameras = Cameras.Select(c => new { id = c, source = "upload" }) } } }),
        TestContext.Current.CancellationToken);

    private static Process Start(TemporaryFolder folder, string inbox, string kafka)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SmartCity.Edge.dll")]) { RedirectStandardOutput = true, WorkingDirectory = folder["."] };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["Edge__CityFile"] = folder["city.json"],
            ["Edge__SpoolPath"] = folder["spool"],
            ["Edge__ClockChecked"] = "false",
            ["Edge__Inbox__Topic"] = Topic,
            ["Edge__Inbox__Every"] = "00:00:02",
            ["ConnectionStrings__objects"] = folder["objects"],
            ["ConnectionStrings__inbox"] = inbox,
            ["ConnectionStrings__inbox-kafka"] = kafka,
            ["ConnectionStrings__edge-kafka"] = kafka,
            ["urls"] = "http://127.0.0.1:0",
        })
        {
            start.Environment[name] = value;
        }

        var edge = Process.Start(start)!;
        edge.OutputDataReceived += (_, line) => Debug.WriteLine(line.Data);
        edge.BeginOutputReadLine();
        return edge;
    }
}
