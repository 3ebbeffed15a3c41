return await SmartCity.AllInOne.EntryPoint.Main(args.Length == 0 ? ["run"] : args);
