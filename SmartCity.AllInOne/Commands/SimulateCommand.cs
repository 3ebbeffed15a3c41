using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity simulate</c>: sightings without pixels, the same for the same seed, to stdout or to Kafka.</summary>
internal static class SimulateCommand
{
    private const double MeanPerSecond = 10;

    private static readonly Option<int> Seed = new("--seed") { Description = "The same seed gives the same sightings.", DefaultValueFactory = _ => 1 };
    private static readonly Option<DateTimeOffset> From = new("--from")
    {
        Description = "Capture time of the first sighting, ISO 8601.",
        DefaultValueFactory = _ => new DateTimeOffset(2026, 11, 23, 7, 0, 0, TimeSpan.Zero),
        CustomParser = result =>
        {
            if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time;
            }

            result.AddError($"--from '{result.Tokens[0].Value}' is not a time such as 2026-11-23T08:15:00Z.");
            return default;
        },
    };
    private static readonly Option<double> Speed = new("--speed") { Description = "Sightings sent in a second; 0 sends them as fast as possible.", DefaultValueFactory = _ => 0 };
    private static readonly Option<long> Count = new("--count") { Description = "How many sightings to make.", DefaultValueFactory = _ => 1000 };
    private static readonly Option<FileInfo?> CityFile = new("--city") { Description = "City file (default: the demo city)." };
    private static readonly Option<string?> Kafka = new("--kafka") { Description = "Bootstrap servers of the core's Kafka; each sighting is sent to {station}.sightings (default: print them)." };

    static SimulateCommand()
    {
        Count.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<long>() < 0)
            {
                result.AddError("--count must be 0 or more.");
            }
        });
        Speed.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<double>() is not (>= 0 and <= 1_000_000))
            {
                result.AddError("--speed must be from 0 to 1000000 sightings a second; 0 sends them as fast as possible.");
            }
        });
    }

    public static Command Create()
    {
        var command = new Command("simulate", "Makes up sightings, without pictures, and prints them as JSON lines or sends them to Kafka.") { Seed, From, Speed, Count, CityFile, Kafka };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        try
        {
            var city = City.Load(parse.GetValue(CityFile)?.FullName);
            var sightings = DemoTraffic.Sightings(city, parse.GetValue(Seed), parse.GetValue(From), MeanPerSecond);
            var paced = Paced(sightings, parse.GetValue(Count), parse.GetValue(Speed), cancellationToken);
            await (parse.GetValue(Kafka) is { } kafka ? SendAsync(paced, KafkaConnection.Parse(kafka), cancellationToken) : PrintAsync(paced));
            return 0;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException or KafkaException)
        {
            await Console.Error.WriteLineAsync($"smartcity: {e.Message}");
            return 1;
        }
    }

    private static async IAsyncEnumerable<Sighting> Paced(IEnumerable<Sighting> sightings, long count, double perSecond, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        var sent = 0L;
        foreach (var sighting in sightings)
        {
            if (sent == count)
            {
                yield break;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (perSecond > 0 && TimeSpan.FromSeconds(sent / perSecond) - time.GetElapsedTime(started) is var early && early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early, time, cancellationToken);
            }

            sent++;
            yield return sighting;
        }
    }

    private static async Task PrintAsync(IAsyncEnumerable<Sighting> sightings)
    {
        await using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);
        await foreach (var sighting in sightings)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(sighting, ContractsJson.Default.Sighting));
        }
    }

    private static async Task SendAsync(IAsyncEnumerable<Sighting> sightings, KafkaConnection connection, CancellationToken cancellationToken)
    {
        var config = connection.Producer("smartcity-simulate");
        config.QueueBufferingMaxMessages = 500_000;
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(config).Build();
        Error? failed = null;
        await foreach (var sighting in sightings)
        {
            var message = new Message<byte[]?, byte[]?>
            {
                Key = Encoding.UTF8.GetBytes(sighting.Plate ?? "?" + sighting.CameraId),
                Value = JsonSerializer.SerializeToUtf8Bytes(sighting, ContractsJson.Default.Sighting),
                Headers = new Headers { { RecordHeaders.Schema, Encoding.ASCII.GetBytes(RecordHeaders.SightingSchema) }, { RecordHeaders.ContentType, Encoding.ASCII.GetBytes(RecordHeaders.Json) } },
            };
            while (true)
            {
                try
                {
                    producer.Produce(Topics.Mirrored(sighting.StationId, Topics.Sightings), message, report => failed = report.Error.IsError ? report.Error : failed);
                    break;
                }
                catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
                }
            }
        }

        producer.Flush(cancellationToken);
        if (failed is not null)
        {
            throw new KafkaException(failed);
        }
    }
}
