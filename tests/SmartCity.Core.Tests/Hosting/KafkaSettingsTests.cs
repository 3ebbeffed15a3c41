using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Tests.Hosting;

/// <summary>Settings of the Kafka clients under <c>Aspire:Confluent:Kafka</c>.</summary>
public sealed class KafkaSettingsTests
{
    private const string Producer = "Aspire:Confluent:Kafka:Producer";
    private const string Consumer = "Aspire:Confluent:Kafka:Consumer";

    [Fact]
    public void Settings_by_name_reach_the_client_that_they_are_for()
    {
        var kafka = KafkaConnection.Core(Settings(
            ("ConnectionStrings:core-kafka", "broker:9092"),
            ($"{Producer}:Config:LingerMs", "20"),
            ($"{Producer}:Config:CompressionType", "zstd"),
            ($"{Producer}:Config:SecurityProtocol", "SaslSsl"),
            ($"{Producer}:Config:SaslMechanism", "ScramSha512"),
            ($"{Producer}:Config:SaslUsername", "city"),
            ($"{Producer}:Config:SaslPassword", "a password"),
            ($"{Consumer}:Config:FetchWaitMaxMs", "10")));

        var producer = kafka.Producer("tests");
        Assert.Equal(("broker:9092", 20d, CompressionType.Zstd), (producer.BootstrapServers, producer.LingerMs!.Value, producer.CompressionType!.Value));
        Assert.Equal((SecurityProtocol.SaslSsl, SaslMechanism.ScramSha512, "city"), (producer.SecurityProtocol!.Value, producer.SaslMechanism!.Value, producer.SaslUsername));
        Assert.Equal((true, Acks.All), (producer.EnableIdempotence!.Value, producer.Acks!.Value));
        var consumer = kafka.Consumer("tests", "a-group");
        Assert.Equal((10, false, null), (consumer.FetchWaitMaxMs!.Value, consumer.EnableAutoOffsetStore!.Value, consumer.SaslUsername));

        // Whoever asks about topics signs in, too.
        Assert.Equal(("city", null), (kafka.Admin("tests").SaslUsername, kafka.Admin("tests").Get("linger.ms")));
        using var built = new ProducerBuilder<byte[], byte[]>(producer).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    [Fact]
    public void A_connections_own_section_goes_before_the_general_one_and_its_connection_string_before_both()
    {
        var settings = Settings(
            ("ConnectionStrings:core-kafka", "core:9092;batch.num.messages=3"),
            ("ConnectionStrings:edge-kafka", "edge:9092"),
            ($"{Producer}:Config:LingerMs", "1"),
            ($"{Producer}:Config:BatchNumMessages", "1"),
            ($"{Producer}:core-kafka:Config:LingerMs", "2"),
            ($"{Producer}:core-kafka:Config:BatchNumMessages", "2"));

        var core = KafkaConnection.Core(settings).Producer("tests");
        var edge = KafkaConnection.Edge(settings, "london-a1").Producer("tests");
        Assert.Equal((2d, 3), (core.LingerMs!.Value, core.BatchNumMessages!.Value));
        Assert.Equal((1d, 1), (edge.LingerMs!.Value, edge.BatchNumMessages!.Value));
    }

    [Theory]
    [InlineData("general:9092", $"{Producer}:ConnectionString")]
    [InlineData("named:9092", $"{Producer}:core-kafka:ConnectionString", $"{Producer}:ConnectionString")]
    [InlineData("named:9092", $"{Consumer}:core-kafka:ConnectionString")]
    [InlineData("given:9092", "ConnectionStrings:core-kafka", $"{Producer}:core-kafka:ConnectionString", $"{Consumer}:ConnectionString")]
    public void The_nearest_connection_string_counts(string servers, string nearest, params string[] overruled)
    {
        var settings = Settings([(nearest, servers), .. overruled.Select(o => (o, "elsewhere:9092"))]);
        Assert.Equal(servers, KafkaConnection.Core(settings).BootstrapServers);
    }

    [Fact]
    public void A_stations_kafka_may_be_named_in_its_own_section()
    {
        var settings = Settings(("ConnectionStrings:edge-kafka", "all:9092"), ($"{Producer}:edge-kafka-london-a1:ConnectionString", "one:9092"));
        Assert.Equal("one:9092", KafkaConnection.Edge(settings, "london-a1").BootstrapServers);
        Assert.Equal("all:9092", KafkaConnection.Edge(settings, "london-a3").BootstrapServers);
    }

    [Theory]
    [InlineData($"{Producer}:Config:Acks", "Leader", "every replica")]
    [InlineData($"{Producer}:Config:EnableIdempotence", "false", "arrive twice")]
    [InlineData($"{Producer}:core-kafka:Config:EnableDeliveryReports", "false", "delivered")]
    [InlineData($"{Producer}:Config:BootstrapServers", "other:9092", "connection string")]
    [InlineData($"{Consumer}:Config:EnableAutoOffsetStore", "true", "after the work")]
    [InlineData($"{Consumer}:Config:EnableAutoCommit", "false", "never be committed")]
    [InlineData($"{Consumer}:edge-kafka:Config:AutoOffsetReset", "Latest", "passed over")]
    [InlineData($"{Consumer}:Config:IsolationLevel", "ReadUncommitted", "taken back")]
    [InlineData($"{Consumer}:Config:GroupId", "mine", "Core:Sightings:Group")]
    [InlineData($"{Producer}:Config:LingerMillis", "5", "no property LingerMillis")]
    [InlineData($"{Producer}:Config:FetchWaitMaxMs", "5", "no property FetchWaitMaxMs")]
    [InlineData($"{Producer}:Config:LingerMs", "soon", "'soon'")]
    [InlineData($"{Consumer}:Config:SecurityProtocol", "Tls", "SaslSsl")]
    [InlineData($"{Producer}:LingerMs", "5", "no setting")]
    [InlineData($"{Consumer}:core-kafka:Linger", "5", "no setting")]
    [InlineData($"{Consumer}:other-kafka", "other:9092", "no setting")]
    [InlineData($"{Producer}:DisableTracing", "true", "spans")]
    [InlineData($"{Producer}:edge-kafka-london-a1:Config:LingerMs", "5", "ConnectionStrings:edge-kafka-london-a1")]
    [InlineData("ConnectionStrings:core-kafka", "broker:9092;acks=1", "acks in ConnectionStrings:core-kafka")]
    [InlineData("ConnectionStrings:core-kafka", "acks=all", "ConnectionStrings:core-kafka")]
    public async Task What_breaks_a_guarantee_or_means_nothing_ends_the_start_and_is_named(string setting, string value, string said)
    {
        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(("ConnectionStrings:edge-kafka", "edge:9092"), (setting, value)));
        var failure = Assert.Single(e.Failures);
        Assert.Contains(setting.StartsWith("Aspire", StringComparison.Ordinal) && !setting.Contains("london", StringComparison.Ordinal) ? setting : said, failure, StringComparison.Ordinal);
        Assert.Contains(said, failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_set_as_it_is_anyway_is_no_fault() => await StartAsync(
        ("ConnectionStrings:core-kafka", "broker:9092;acks=all"),
        ($"{Producer}:Config:Acks", "All"),
        ($"{Producer}:Config:EnableIdempotence", "true"),
        ($"{Producer}:DisableHealthChecks", "false"),
        ($"{Consumer}:Config:IsolationLevel", "ReadCommitted"),
        ($"{Consumer}:Config:AutoOffsetReset", "Earliest"));

    [Fact]
    public void Producers_and_consumers_of_one_name_can_not_be_sent_to_two_kafkas()
    {
        var e = Assert.Throws<InvalidOperationException>(() => KafkaConnection.Core(Settings(($"{Producer}:ConnectionString", "one:9092"), ($"{Consumer}:core-kafka:ConnectionString", "two:9092"))));
        Assert.Contains($"{Producer}:ConnectionString", e.Message, StringComparison.Ordinal);
        Assert.Contains($"{Consumer}:core-kafka:ConnectionString", e.Message, StringComparison.Ordinal);
    }

    private static IConfiguration Settings(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build();

    // Any of the product's processes.
    private static async Task StartAsync(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Append(("urls", "http://127.0.0.1:0")).ToDictionary(s => s.Item1, s => (string?)s.Item2));
        builder.AddServiceDefaults();
        await using var app = builder.Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }
}
