using SmartCity.AllInOne.Infrastructure;

namespace SmartCity.AllInOne.Serving;

/// <summary><c>smartcity serve kafka</c>.</summary>
internal static class ServedKafka
{
    /// <param name="side"><c>edge</c> or <c>core</c>.</param>
    /// <param name="stations">For the core: whose topics arrive there.</param>
    public static async Task<Served> StartAsync(ServedContext host, string side, IReadOnlyList<string> stations, string folder, int? port, CancellationToken cancellationToken)
    {
        var topics = side == "core" ? KafkaTopics.OfCore(stations) : KafkaTopics.OfEdge();
        if (host.Configuration["KAFKA_HOME"] is not { Length: > 0 } home)
        {
            if (port is not null)
            {
                throw new InvalidOperationException("A broker in the process picks its own port; leave --port out, or set KAFKA_HOME for a real broker.");
            }

            var broker = new InProcessBroker(topics);
            host.Logger.LogInformation("A Kafka broker in this process listens on {Servers}; what it holds is gone when it ends. KAFKA_HOME starts a real one.", broker.BootstrapServers);
            return new Served(broker.BootstrapServers, new Ending(broker));
        }

        var data = DataFolder.Take(folder);
        try
        {
            var kafka = await KafkaInstallation.FindAsync(Path.GetFullPath(home), cancellationToken);
            var log = KafkaLog.Of(data, "kafka");
            var tail = new LogTail(log.File, Console.Out, host.Time).Start();
            host.Logger.LogInformation("Starting Apache Kafka {Version} with {Java} …", kafka.Version, kafka.Java);
            try
            {
                var node = await KafkaNode.StartAsync(kafka, side, port, data.Below("kafka"), log, topics, host.Health, host.Logger, cancellationToken);
                return new Served(node.BootstrapServers, new Ending(data), tail, node);
            }
            catch
            {
                await tail.DisposeAsync();
                throw;
            }
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }
}
