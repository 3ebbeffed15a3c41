using System.Globalization;
using Confluent.Kafka;
using SmartCity.Bricks;
using SmartCity.Bricks.Kafka;

namespace Samples;

/// <summary>Parcels on a belt: a scanner writes lines, which wait on this machine's disk while the line to the core is down, and arrive in order.</summary>
public static class EdgeToCore
{
    /// <summary>Returns when the scanner has ended and everything has arrived.</summary>
    /// <param name="scanner">A line for each parcel: belt, number, grams.</param>
    public static async Task RunAsync(TextReader scanner, string folder, string servers, string topic, CancellationToken stop)
    {
        var outbox = new Outbox<Parcel>(folder);
        using var sink = new KafkaSink<Parcel>(new ProducerConfig { BootstrapServers = servers }, topic);
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sender = outbox.RunAsync((e, cancellationToken) => sink.SendAsync(e, cancellationToken), sending.Token);
        while (await scanner.ReadLineAsync(stop) is { } line)
        {
            if (line.Split(',', StringSplitOptions.TrimEntries) is not [var belt, var number, var grams] || !int.TryParse(grams, CultureInfo.InvariantCulture, out var weight))
            {
                await Console.Error.WriteLineAsync($"'{line}' is not belt, number, grams.");
                continue;
            }

            outbox.Add(new CloudEvent<Parcel> { Id = number, Source = "/belts/" + belt, Type = "parcel.weighed", Key = belt, Data = new Parcel(belt, number, weight) });
        }

        while (outbox.Waiting > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), stop);
        }

        await sending.CancelAsync();
        await Task.WhenAny(sender);
    }
}

public sealed record Parcel(string Belt, string Number, int Grams);
