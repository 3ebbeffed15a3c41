namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Where one process of Kafka's writes what.</summary>
/// <param name="Configuration">log4j2's configuration file.</param>
/// <param name="File">The log: 10 MB and one older file.</param>
/// <param name="Output">What the process says beside its log, as when it can't start.</param>
internal sealed record KafkaLog(string Configuration, string File, string Output)
{
    public static KafkaLog Of(DataFolder data, string name)
    {
        Directory.CreateDirectory(data.Below("logs"));
        var log = new KafkaLog(data.Below("logs", $".{name}.xml"), data.Below("logs", $"{name}.log"), data.Below("logs", $"{name}.out"));
        var escaped = System.Security.SecurityElement.Escape(log.File);
        System.IO.File.WriteAllText(log.Configuration, $"""
            <Configuration status="ERROR">
              <Appenders>
                <RollingFile name="file" fileName="{escaped}" filePattern="{escaped}.%i">
                  <PatternLayout pattern="%d %-5p %c{"{1}"}: %m%n"/>
                  <SizeBasedTriggeringPolicy size="10MB"/>
                  <DefaultRolloverStrategy max="1"/>
                </RollingFile>
              </Appenders>
              <Loggers><Root level="INFO"><AppenderRef ref="file"/></Root></Loggers>
            </Configuration>
            """);
        return log;
    }
}
