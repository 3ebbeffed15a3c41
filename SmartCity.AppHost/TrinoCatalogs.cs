namespace SmartCity.AppHost;

/// <summary>What Trino is told of the city: <c>city</c> is Postgres and <c>lake</c> is the archive, whose catalogue is in Postgres too. The values come from its environment.</summary>
internal static class TrinoCatalogs
{
    public const string City =
        """
        connector.name=postgresql
        connection-url=${ENV:TRINO_POSTGRES_URL}
        connection-user=${ENV:TRINO_POSTGRES_USER}
        connection-password=${ENV:TRINO_POSTGRES_PASSWORD}
        postgresql.array-mapping=AS_ARRAY

        """;

    public const string Lake =
        """
        connector.name=iceberg
        iceberg.catalog.type=jdbc
        iceberg.jdbc-catalog.catalog-name=lake
        iceberg.jdbc-catalog.driver-class=org.postgresql.Driver
        iceberg.jdbc-catalog.connection-url=${ENV:TRINO_POSTGRES_URL}
        iceberg.jdbc-catalog.connection-user=${ENV:TRINO_POSTGRES_USER}
        iceberg.jdbc-catalog.connection-password=${ENV:TRINO_POSTGRES_PASSWORD}
        iceberg.jdbc-catalog.default-warehouse-dir=s3://smartcity/lake
        fs.native-s3.enabled=true
        s3.endpoint=${ENV:TRINO_OBJECTS_ENDPOINT}
        s3.region=us-east-1
        s3.path-style-access=true
        s3.aws-access-key=${ENV:TRINO_OBJECTS_ACCESS_KEY}
        s3.aws-secret-key=${ENV:TRINO_OBJECTS_SECRET_KEY}

        """;
}
