using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Bricks;
using SmartCity.Bricks.Http;
using SmartCity.Bricks.Kafka;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;
using SmartCity.Core.Kafka;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Functions;

/// <summary>Calls the functions of the city file, each on its own, so that a slow one holds up no other.</summary>
internal sealed class FunctionWorker(
    IOptions<CoreOptions> options, FunctionQueue queue, FunctionEventReader reader, IHttpClientFactory clients, CoreProducer producer, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<FunctionWorker> logger) : BackgroundService
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "functions";

    private List<FunctionRunner> _runners = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _runners = [.. City.Load(options.Value.CityFile).Functions.Select(f => new FunctionRunner(f, Call(f), queue, reader, health, time, logger))];
        _runners.ForEach(r => health.Starting(r.Worker, "waiting for the database"));
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await Task.WhenAll(_runners.Select(r => health.KeepAsync(r.Worker, r.RunAsync, logger, stoppingToken)));
    }

    private Func<CloudEvent<JsonElement>, CancellationToken, ValueTask<Result>> Call(CityFunction function) => function switch
    {
        { Url: { } url } => (e, cancellationToken) => new HttpFunction<JsonElement>(clients.CreateClient(Client), url).CallAsync(e, cancellationToken),
        { Program: { } program } => new ProcessFunction<JsonElement>(program[0], [.. program.Skip(1)]).CallAsync,
        { Topic: { } topic } => (e, cancellationToken) => SendAsync(topic, e, cancellationToken),
        _ => throw new InvalidOperationException($"Function {function.Name} calls nothing."),
    };

    private async ValueTask<Result> SendAsync(string topic, CloudEvent<JsonElement> e, CancellationToken cancellationToken)
    {
        var headers = new Headers { { RecordHeaders.ContentType, Encoding.ASCII.GetBytes(RecordHeaders.Json) } };
        EventHeaders.Add(headers, e.Id, e.Source, e.Type, e.Time, e.Subject);
        try
        {
            await producer.ProduceAsync(topic, new() { Key = Encoding.UTF8.GetBytes(e.Key!), Value = JsonSerializer.SerializeToUtf8Bytes(e.Data), Headers = headers }, cancellationToken);
            return Result.Done;
        }
        catch (KafkaException fault)
        {
            return Result.Failed($"Kafka did not take it: {fault.Error.Reason}");
        }
    }
}
