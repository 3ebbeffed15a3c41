using System.ComponentModel;
using System.Reflection;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>
/// Settings of the Kafka clients, named as Aspire names them: <c>Aspire:Confluent:Kafka:Producer</c> and <c>…:Consumer</c>, each with <c>ConnectionString</c>
/// and <c>Config</c>, whose settings are the properties of <see cref="ProducerConfig"/> and <see cref="ConsumerConfig"/>. The same below the name of a
/// connection (<c>…:Producer:core-kafka:Config:LingerMs</c>) is for that connection alone and goes before.
/// </summary>
internal static class KafkaSettings
{
    public const string CoreName = "core-kafka";
    public const string EdgeName = "edge-kafka";

    private const string Section = "Aspire:Confluent:Kafka";
    private const string Producer = "Producer";
    private const string Consumer = "Consumer";
    private const string Config = "Config";
    private const string ConnectionStringKey = "ConnectionString";

    private static readonly string[] Switches = ["DisableMetrics", "DisableTracing", "DisableHealthChecks"];

    public static IEnumerable<KafkaSetting> OfProducer(IConfiguration configuration, string name) => Of(configuration, Producer, name, typeof(ProducerConfig));

    public static IEnumerable<KafkaSetting> OfConsumer(IConfiguration configuration, string name) => Of(configuration, Consumer, name, typeof(ConsumerConfig));

    /// <summary>What both have and any client needs, such as the user's name.</summary>
    public static IEnumerable<KafkaSetting> OfAdmin(IConfiguration configuration, string name) =>
        OfConsumer(configuration, name).Concat(OfProducer(configuration, name)).Where(s => s.IsOfAnyClient);

    /// <summary>The connection string that these settings give a connection, and where it stands; null when they give none.</summary>
    /// <exception cref="InvalidOperationException">Producers and consumers have different ones.</exception>
    public static (string Origin, string Value)? ConnectionString(IConfiguration configuration, string name)
    {
        var producer = Nearest(Producer);
        var consumer = Nearest(Consumer);
        if (producer is { } one && consumer is { } other && one.Value != other.Value)
        {
            throw new InvalidOperationException($"{one.Origin} and {other.Origin} name different servers; {name} is one Kafka. Set ConnectionStrings:{name} instead.");
        }

        return producer ?? consumer;

        (string Origin, string Value)? Nearest(string role)
        {
            var general = configuration.GetSection($"{Section}:{role}");
            return new[] { general.GetSection(name), general }.Select(s => s.GetSection(ConnectionStringKey)).FirstOrDefault(s => s.Value is not null) is { } found ? (found.Path, found.Value!) : null;
        }
    }

    /// <summary>Whether a connection has a connection string of its own, here or under <c>ConnectionStrings</c>.</summary>
    public static bool HasConnectionString(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) is not null || Sections(configuration).Any(s => s.General.GetSection(name)[ConnectionStringKey] is not null);

    /// <summary>Everything that is wrong with the settings and the connection strings of every Kafka, each in a sentence.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        foreach (var (general, type) in Sections(configuration))
        {
            foreach (var child in general.GetChildren())
            {
                foreach (var problem in IsConnection(child.Key) ? child.GetChildren().SelectMany(c => Problems(c, type)) : Problems(child, type))
                {
                    yield return problem;
                }

                if (IsConnection(child.Key) && child.Key.StartsWith(EdgeName + "-", StringComparison.OrdinalIgnoreCase) && !HasConnectionString(configuration, child.Key))
                {
                    yield return $"{child.Path} is for a Kafka of its own, which has no connection string. Set ConnectionStrings:{child.Key}, or give these settings to {EdgeName}.";
                }
            }
        }

        foreach (var connection in configuration.GetSection("ConnectionStrings").GetChildren().Where(c => IsConnection(c.Key)))
        {
            if (Problem(() => KafkaConnection.Get(configuration, connection.Key)) is { } problem)
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<(IConfigurationSection General, Type Type)> Sections(IConfiguration configuration) =>
        [(configuration.GetSection($"{Section}:{Producer}"), typeof(ProducerConfig)), (configuration.GetSection($"{Section}:{Consumer}"), typeof(ConsumerConfig))];

    private static bool IsConnection(string name) =>
        name.Equals(CoreName, StringComparison.OrdinalIgnoreCase) || name.Equals(EdgeName, StringComparison.OrdinalIgnoreCase) || name.StartsWith(EdgeName + "-", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Problems(IConfigurationSection setting, Type type)
    {
        if (setting.Key.Equals(Config, StringComparison.OrdinalIgnoreCase))
        {
            return setting.GetChildren().Select(s => Problem(() => KafkaGuarantees.Check(Read(s, type)))).OfType<string>();
        }

        if (Switches.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))
        {
            return bool.TryParse(setting.Value, out var disabled) && !disabled
                ? []
                : [$"{setting.Path} can't be '{setting.Value}': spans, metrics and health are of the work on the records, not of the Kafka client, and can't be left out for one client."];
        }

        return setting.Key.Equals(ConnectionStringKey, StringComparison.OrdinalIgnoreCase)
            ? []
            : [$"{setting.Path} is no setting. There are {ConnectionStringKey} and {Config}, and below the name of a connection ({CoreName}, {EdgeName}, {EdgeName}-STATION) the same."];
    }

    private static string? Problem(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    private static IEnumerable<KafkaSetting> Of(IConfiguration configuration, string role, string name, Type type)
    {
        var general = configuration.GetSection($"{Section}:{role}");
        return general.GetSection(Config).GetChildren().Concat(general.GetSection(name).GetSection(Config).GetChildren()).Select(s => Read(s, type));
    }

    // The property itself knows librdkafka's name and how its value is written there.
    private static KafkaSetting Read(IConfigurationSection setting, Type type)
    {
        var property = type.GetProperty(setting.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
        if (property is not { CanWrite: true })
        {
            throw new InvalidOperationException($"{setting.Path} is no setting: Confluent.Kafka's {type.Name} has no property {setting.Key}.");
        }

        var config = (ClientConfig)Activator.CreateInstance(type)!;
        var kind = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        try
        {
            property.SetValue(config, TypeDescriptor.GetConverter(kind).ConvertFromInvariantString(setting.Value ?? ""));
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException)
        {
            var allowed = kind.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(kind))}" : kind == typeof(bool) ? "true or false" : "a number";
            throw new InvalidOperationException($"{setting.Path} is '{setting.Value}'; it must be {allowed}.", e);
        }

        var (key, value) = config.Single();
        return new KafkaSetting(setting.Path, key, value, property.DeclaringType == typeof(ClientConfig));
    }
}

/// <param name="Origin">Where it was set, as whoever set it knows it.</param>
/// <param name="Key">librdkafka's name.</param>
internal sealed record KafkaSetting(string Origin, string Key, string Value, bool IsOfAnyClient);

/// <summary>Refuses at start what would be found out only when a record is sent or read.</summary>
internal sealed class KafkaSettingsValidation(IConfiguration configuration) : IValidateOptions<KafkaSettingsValidation.Settings>
{
    public ValidateOptionsResult Validate(string? name, Settings options) =>
        KafkaSettings.Problems(configuration).Distinct().ToList() is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;

    internal sealed class Settings;
}
