internal import Relaying
typealias RelayArrivalID = ArrivalID
