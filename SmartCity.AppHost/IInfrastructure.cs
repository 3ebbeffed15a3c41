namespace SmartCity.AppHost;

/// <summary>Where Postgres, Kafka, objects and the mirror run: <see cref="Containers"/>, or <see cref="Local"/> processes of this machine.</summary>
internal interface IInfrastructure
{
    /// <summary>What a partition of these brokers keeps, read or not; null for brokers that keep everything.</summary>
    long? BrokerPartitionBytes { get; }

    /// <summary>A Postgres with a database for the core.</summary>
    /// <param name="analyst">Password of the role that asks the city by SQL.</param>
    /// <param name="withoutPlates">Password of the one that sees no plates.</param>
    IResourceBuilder<IResourceWithConnectionString> Postgres(string name, IResourceBuilder<ParameterResource> analyst, IResourceBuilder<ParameterResource> withoutPlates);

    /// <summary>A Kafka of one broker.</summary>
    /// <param name="station">Whose Kafka it is; null for the core's.</param>
    IResourceBuilder<IResourceWithConnectionString> Kafka(string name, string? station = null);

    /// <summary>Where pictures and the archive go: a folder or an S3.</summary>
    IResourceBuilder<IResourceWithConnectionString> Objects(string name);

    /// <summary>Trino over Postgres and the archive, which <c>--Trino true</c> asks for.</summary>
    /// <exception cref="InvalidOperationException">There can be none here; the message says why.</exception>
    IResourceBuilder<IResource> Trino(string name);

    /// <summary>Carries the topics of every station to the core as <c>{station}.{topic}</c>.</summary>
    IResourceBuilder<IResource> Mirror(IReadOnlyList<(string Station, IResourceBuilder<IResourceWithConnectionString> Kafka)> stations, IResourceBuilder<IResourceWithConnectionString> core);
}
