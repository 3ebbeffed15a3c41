using Confluent.Kafka;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Edge.Cameras.Simulation;

namespace SmartCity.Bench.Live;

/// <summary>Sightings with a picture each, into the core's Kafka as they would come from the edges.</summary>
internal sealed class LiveTraffic(string kafka, string objects, City city) : IDisposable
{
    private const int Plates = 40;
    private const int PatchWidth = 160;

    private readonly IProducer<byte[], byte[]> _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = kafka, LingerMs = 5 }).Build();
    private readonly List<byte[]> _patches = Draw();
    private int _seed;
    private int _sent;

    /// <summary>At so many a second, each when it is captured, until it is cancelled.</summary>
    public async Task RunAsync(double perSecond, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var sighting in DemoTraffic.Sightings(city, ++_seed, TimeProvider.System.GetUtcNow(), perSecond))
            {
                var early = sighting.CapturedAt - TimeProvider.System.GetUtcNow();
                if (early > TimeSpan.Zero)
                {
                    await Task.Delay(early, TimeProvider.System, cancellationToken);
                }

                await SendAsync(sighting, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    /// <summary>So many as fast as Kafka takes them; no pictures.</summary>
    public void Burst(int count)
    {
        foreach (var sighting in DemoTraffic.Sightings(city, ++_seed, TimeProvider.System.GetUtcNow().AddMinutes(-1), count / 60.0).Take(count))
        {
            Produce(sighting);
        }

        _producer.Flush(TimeSpan.FromSeconds(60));
    }

    public void Dispose() => _producer.Dispose();

    private async Task SendAsync(Sighting sighting, CancellationToken cancellationToken)
    {
        var evidence = $"evidence/{sighting.StationId}/{sighting.CapturedAt.UtcDateTime:yyyy/MM/dd/HH}/{sighting.Id}.jpg";
        var patch = Path.Combine(objects, Sighting.PatchKey(evidence));
        Directory.CreateDirectory(Path.GetDirectoryName(patch)!);
        await File.WriteAllBytesAsync(patch, _patches[_sent++ % _patches.Count], cancellationToken);
        Produce(sighting with { Evidence = evidence });
    }

    private void Produce(Sighting sighting) => _producer.Produce(Topics.Mirrored(sighting.StationId, Topics.Sightings), SimulatedRecord.Of(sighting));

    // Plates as a simulated camera sees them, of the size that an edge keeps.
    private static List<byte[]> Draw()
    {
        using var traffic = new SimulatedTraffic(3, Weather.Day);
        var patches = new List<byte[]>();
        while (patches.Count < Plates)
        {
            using var pass = traffic.Next();
            using var frame = pass.Draw(pass.Frames - 1).Picture;
            using var part = new Mat(frame, new Rect(frame.Width / 3, frame.Height / 2, PatchWidth, PatchWidth / 3));
            patches.Add(part.ImEncode(".jpg"));
        }

        return patches;
    }
}
