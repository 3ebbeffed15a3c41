using Confluent.Kafka;
using SmartCity.Bricks;
using SmartCity.Bricks.Kafka;
using SmartCity.Bricks.Objects;

namespace Samples;

/// <summary>A file lands in a folder → an event on Kafka. What is there at the start is told of too; a file that was told of before is not.</summary>
public static class BucketToKafka
{
    public static async Task RunAsync(string folder, string servers, string topic, CancellationToken stop)
    {
        using var seen = new SeenFile(Path.Combine(folder, ".seen"));
        using var sink = new KafkaSink<ObjectLanded>(new ProducerConfig { BootstrapServers = servers }, topic);
        var flow = new Flow<ObjectLanded>(async (e, cancellationToken) =>
        {
            await sink.SendAsync(e, cancellationToken);
            return Result.Done;
        })
        { Seen = seen, DeadLetters = (letter, _) => Console.Error.WriteLineAsync($"{letter.Id}: {letter.Reason}") };
        await flow.RunAsync(LandedAsync(folder, stop), stop);
    }

    // Looking again finds everything, whatever a watcher would miss.
    private static async IAsyncEnumerable<CloudEvent<ObjectLanded>> LandedAsync(string folder, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(f => !f.Name.StartsWith('.')))
            {
                var key = Path.GetRelativePath(folder, file.FullName).Replace('\\', '/');
                yield return new ObjectLanded(Path.GetFileName(folder.TrimEnd('/')), key, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}", file.Length).ToEvent();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
        }
    }
}
